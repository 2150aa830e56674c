namespace Virtio.Devices.Console;

/// <summary>A port of a <see cref="ConsoleDevice"/>: two streams that a guest sees as one file (virtio 1.4, 5.3). Thread-safe.</summary>
public sealed class ConsolePort
{
    // How long closing waits for output that a stream does not take, and for a stream that ignores cancellation.
    private static readonly TimeSpan DrainTime = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan CloseTime = TimeSpan.FromMilliseconds(250);

    private readonly ConsoleControl _control;
    private volatile bool _isOpen;
    private volatile bool _isReady;

    internal ConsolePort(ConsolePortOptions options, int number, ConsoleControl control, Action wakeInput)
    {
        _control = control;
        Number = number;
        Name = options.Name;
        IsConsole = options.IsConsole;
        Columns = options.Columns;
        Rows = options.Rows;
        Input = new ConsoleInput(options.Input, wakeInput, e => ConsoleLog.InputFailed(control.Logger, e.Message, e));
        Output = new ConsoleOutput(options.Output, e => ConsoleLog.OutputFailed(control.Logger, e.Message, e));
    }

    /// <summary>The port's number on its device, from 0. The number of a port that was removed is used again.</summary>
    public int Number { get; }

    /// <summary>The port's name; null for none.</summary>
    public string? Name { get; }

    /// <summary>Whether the port is a console.</summary>
    public bool IsConsole { get; }

    /// <summary>Whether a program in the guest has the port open. Input is delivered only while it is.</summary>
    public bool IsOpen => _isOpen;

    /// <summary>
    /// Whether the driver has said that it can use this port. Changed under the lock of the control, read by the queues' workers.
    /// </summary>
    internal bool IsReady
    {
        get => _isReady;
        set => _isReady = value;
    }

    internal ConsoleInput Input { get; }

    internal ConsoleOutput Output { get; }

    /// <summary>The terminal's size. Guarded by the lock of the control.</summary>
    internal ushort Columns { get; set; }

    internal ushort Rows { get; set; }

    /// <summary>Tells the guest the size of a console's terminal, now or when its driver has taken the port.</summary>
    /// <param name="columns">Columns; 0 where the terminal has no size.</param>
    /// <param name="rows">Rows; 0 where the terminal has no size.</param>
    public void Resize(ushort columns, ushort rows) => _control.Resize(this, columns, rows);

    /// <summary>
    /// Waits until all that the driver has handed over is in the output stream, or that stream has failed or the port was removed.
    /// </summary>
    /// <param name="cancellationToken">Ends the waiting, not the writing.</param>
    /// <exception cref="OperationCanceledException">The waiting was cancelled.</exception>
    public Task FlushAsync(CancellationToken cancellationToken = default) => Output.FlushAsync(cancellationToken);

    /// <summary>What a driver is told of the port when it has taken it. Guarded by the lock of the control.</summary>
    internal PendingMessages Introduction =>
        PendingMessages.Open
        | (Name is null ? 0 : PendingMessages.Name)
        | (IsConsole ? PendingMessages.Console : 0)
        | (IsConsole && Columns != 0 && Rows != 0 ? PendingMessages.Resize : 0);

    /// <summary>The driver has gone, or no longer knows the port. Under the lock of the control.</summary>
    internal void Forget()
    {
        IsReady = false;
        SetOpen(false);
    }

    /// <summary>Records whether the guest has the port open. The first time starts the reading of the input stream.</summary>
    internal void SetOpen(bool isOpen)
    {
        _isOpen = isOpen;
        if (isOpen)
            Input.Start();
    }

    /// <summary>Waits until the output stream has taken what is left, for a limited time.</summary>
    internal Task DrainAsync() => Task.WhenAny(Output.FlushAsync(CancellationToken.None), Task.Delay(DrainTime));

    /// <summary>Leaves the streams alone. A stream that ignores cancellation is waited for only briefly.</summary>
    internal Task CloseAsync() => Task.WhenAny(Task.WhenAll(Output.CloseAsync(), Input.CloseAsync()), Task.Delay(CloseTime));
}
