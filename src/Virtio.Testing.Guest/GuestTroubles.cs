using System.Diagnostics.CodeAnalysis;
using Virtio.Vmm;

namespace Virtio.Testing.Guest;

/// <summary>
/// Handles what can go wrong around a guest: a script that starts while another runs, a device that fails, and a machine that does not end.
/// Thread-safe.
/// </summary>
internal sealed class GuestTroubles(LinuxGuestOptions options)
{
    // For the rest of a machine's disposal, on a busy host.
    private static readonly TimeSpan DisposalLimit = TimeSpan.FromSeconds(60);

    private readonly Lock _gate = new();
    private readonly TestFlow _flow = new();
    private string? _running;
    private string? _lost;
    private bool _isOver;

    /// <summary>The logger of the machine and its devices.</summary>
    internal FailureRecorder Recorder { get; } = new(options.Logger);

    /// <summary>Validates the options that a machine does not check.</summary>
    internal static void Check(LinuxGuestOptions options)
    {
        ArgumentNullException.ThrowIfNull(options.Devices, nameof(options.Devices));
        ArgumentNullException.ThrowIfNull(options.Logger, nameof(options.Logger));
        ArgumentNullException.ThrowIfNull(options.CommandLine, nameof(options.CommandLine));
        if (options.StartLimit <= TimeSpan.Zero && options.StartLimit != Timeout.InfiniteTimeSpan)
            throw new ArgumentOutOfRangeException(nameof(options), options.StartLimit,
                "the limit of the start is more than zero, or Timeout.InfiniteTimeSpan");
    }

    internal DeviceFailure? Show() => Recorder.Show();

    /// <summary>
    /// Begins a script. If it does not reach <see cref="Turn.End"/>, the guest takes no further script: a late answer would be taken for
    /// that of the next script.
    /// </summary>
    internal Turn Begin(string script)
    {
        lock (_gate)
        {
            if (_isOver)
                throw new ObjectDisposedException(nameof(LinuxGuest), $"the guest has been disposed, and cannot run the script\n{script}");
            if (_lost is not null)
            {
                throw new GuestScriptException(
                    $"the guest takes no more scripts, because an earlier one did not end or was posted:\n{_lost}\n"
                    + $"--- so this one cannot run ---\n{script}");
            }

            if (_running is not null)
            {
                throw new InvalidOperationException(
                    $"the guest runs one script at a time; await the one that is running:\n{_running}\n--- before this one ---\n{script}");
            }

            _running = script;
            return new Turn(this);
        }
    }

    /// <summary>An exception about a script, with the failure of a device if there is one.</summary>
    internal GuestScriptException Explain(string message, Exception? cause, MicroVmExit? exit)
    {
        DeviceFailure? failure = Recorder.Show();
        string text = failure is null
            ? message
            : $"{message}\n--- the first failure of a device ---\n{failure.Message}\n{failure.Exception}";
        Exception? inner = failure?.Exception ?? cause;
        return inner is null ? new GuestScriptException(text) { Exit = exit } : new GuestScriptException(text, inner) { Exit = exit };
    }

    /// <summary>Begins the disposal of the guest; false when it has begun before.</summary>
    internal bool End()
    {
        lock (_gate)
        {
            bool isFirst = !_isOver;
            _isOver = true;
            return isFirst;
        }
    }

    /// <summary>
    /// Disposes a guest that did not start. An exception of the disposal is dropped, because the reason of the failed start matters more.
    /// </summary>
    [SuppressMessage("Design", "CA1031", Justification = "The caller throws the reason that matters.")]
    internal static async Task AbandonAsync(Func<ValueTask> dispose, Exception reason)
    {
        try
        {
            await dispose().ConfigureAwait(false);
        }
        catch (Exception e)
        {
            reason.Data["disposal"] = e.ToString();
        }
    }

    /// <summary>
    /// Ends the machine within the limit, even if a device hangs, and throws the failures that the test has not asked for.
    /// </summary>
    internal async Task DisposeAsync(MicroVm? machine, CancellationTokenSource ended)
    {
        Exception? last = _flow.End();
        Exception? failure = machine is null ? null : await DisposeAsync(machine).ConfigureAwait(false);
        if (failure is not TimeoutException)
            ended.Dispose();
        DeviceFailure? unseen = Recorder.TakeUnseen();
        if (failure is null && unseen is null)
            return;
        string problem = failure is null
            ? $"a device failed, and the test did not ask for it: {unseen!.Message}"
            : $"the machine and its devices could not be stopped and disposed: {failure.Message}";
        Exception cause = failure ?? unseen!.Exception!;
        throw new GuestScriptException(TestFlow.Describe(problem, ReferenceEquals(last, cause) ? null : last), cause);
    }

    [SuppressMessage("Design", "CA1031", Justification = "The caller throws it, with more to say.")]
    private async Task<Exception?> DisposeAsync(MicroVm machine)
    {
        // On the thread pool, because a device may never return.
        Task disposal = Task.Run(() => machine.DisposeAsync().AsTask());
        TimeSpan limit = options.StopLimit == Timeout.InfiniteTimeSpan
            ? options.StopLimit
            : (options.StopLimit * Math.Max(1, options.Devices.Sum(device => device.QueueSizes.Length))) + DisposalLimit;
        if (await Task.WhenAny(disposal, Task.Delay(limit)).ConfigureAwait(false) != disposal)
        {
            return new TimeoutException(
                $"the machine did not end within {limit.TotalSeconds} s: a device has not returned from StopQueue, Reset or DisposeAsync; "
                + "the guest's memory stays mapped");
        }

        try
        {
            await disposal.ConfigureAwait(false);
            return null;
        }
        catch (Exception e)
        {
            return e;
        }
    }

    /// <summary>A script's turn; <see cref="End"/> says that its answer has come.</summary>
    internal sealed class Turn(GuestTroubles troubles) : IDisposable
    {
        private bool _hasEnded;

        internal void End() => _hasEnded = true;

        public void Dispose()
        {
            lock (troubles._gate)
            {
                if (!_hasEnded)
                    troubles._lost = troubles._running;
                troubles._running = null;
            }
        }
    }
}
