using System.IO.Pipelines;
using Virtio.Devices.Console;
using Virtio.Devices.Entropy;
using Virtio.Vmm;

namespace Virtio.Testing.Guest;

/// <summary>
/// A running Linux guest for one test. It boots an unmodified kernel with the devices under test and runs shell scripts in it; the test has
/// the host's side of the devices. Members may be called from any thread, scripts one at a time.
/// </summary>
public sealed class LinuxGuest : IAsyncDisposable
{
    private readonly Pipe _toGuest = new();
    private readonly Pipe _fromGuest = new();
    private readonly CancellationTokenSource _ended = new();
    private readonly GuestAgent _agent;
    private readonly GuestTroubles _troubles;

    private LinuxGuest(LinuxGuestOptions options)
    {
        _agent = new GuestAgent(_toGuest.Writer.AsStream(), _fromGuest.Reader.AsStream());
        _troubles = new GuestTroubles(options);
    }

    /// <summary>The machine that the guest runs on.</summary>
    public MicroVm Machine { get; private set; } = null!;

    /// <summary>What the kernel has printed so far.</summary>
    public string KernelLog => Machine.SerialLog;

    /// <summary>Completes with how the guest ended.</summary>
    public Task<MicroVmExit> Exit { get; private set; } = null!;

    /// <summary>Boots a guest and waits until it takes scripts. From then on the guest owns the devices.</summary>
    /// <exception cref="GuestScriptException">The guest ended, or did not answer in time; the message has the end of the kernel's
    /// log.</exception>
    /// <exception cref="FileNotFoundException">There is no guest image.</exception>
    /// <exception cref="BootException">The image cannot be booted, as with too little memory; the message says why.</exception>
    public static Task<LinuxGuest> StartAsync(LinuxGuestOptions? options = null, CancellationToken cancellationToken = default)
    {
        // Not in an asynchronous method: GuestTroubles watches the caller's flow for the exception that ends the test.
        options ??= new LinuxGuestOptions();
        GuestTroubles.Check(options);
        return new LinuxGuest(options).StartOrDisposeAsync(options, cancellationToken);
    }

    /// <summary>
    /// The first exception of a device's or a storage's own code, as it was logged; null when there is none. It counts as seen from now on:
    /// <see cref="DisposeAsync"/> does not throw it, and the next failure is recorded in its place.
    /// </summary>
    public Exception? ShowFailure() => _troubles.Show()?.Exception;

    /// <summary>Runs a shell script in the guest and waits for its end.</summary>
    /// <param name="script">A script for the guest's <c>sh</c>.</param>
    /// <param name="limit">The time that it may take; by default five minutes.</param>
    /// <param name="cancellationToken">Ends the wait. The guest takes no further script afterwards.</param>
    /// <exception cref="GuestScriptException">The script exited with a status other than 0, or did not end; the message has its
    /// output.</exception>
    public async Task<GuestResult> RunAsync(string script, TimeSpan? limit = null, CancellationToken cancellationToken = default)
    {
        GuestResult result = await TryRunAsync(script, limit, cancellationToken).ConfigureAwait(false);
        return result.ExitStatus == 0
            ? result
            : throw _troubles.Explain(
                $"the script exited with status {result.ExitStatus}:\n{script}\n--- output ---\n{result.Output}\n"
                + $"--- kernel ---\n{KernelLog}",
                null,
                null);
    }

    /// <summary>The same as <see cref="RunAsync"/>, for scripts that may fail: the result has the exit status.</summary>
    /// <exception cref="GuestScriptException">The script, or an earlier one, did not end.</exception>
    /// <exception cref="InvalidOperationException">Another script is running.</exception>
    public async Task<GuestResult> TryRunAsync(string script, TimeSpan? limit = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(script);
        using GuestTroubles.Turn turn = _troubles.Begin(script);
        GuestResult? result = null;
        await GuardAsync(
            limit ?? TimeSpan.FromMinutes(5),
            $"did not end the script\n{script}",
            async token => result = await _agent.RunAsync(script, token).ConfigureAwait(false),
            cancellationToken).ConfigureAwait(false);
        turn.End();
        return result!;
    }

    /// <summary>
    /// Sends a script and does not wait for an answer: for a script that ends the guest. The guest takes no other script afterwards.
    /// </summary>
    /// <exception cref="GuestScriptException">An earlier script did not end.</exception>
    /// <exception cref="InvalidOperationException">Another script is running.</exception>
    public void Post(string script)
    {
        ArgumentNullException.ThrowIfNull(script);
        using GuestTroubles.Turn turn = _troubles.Begin(script);
        _ = _agent.RunAsync(script, _ended.Token);
    }

    /// <summary>
    /// Stops the guest as if its power were cut, and disposes machine and devices. It ends even if a device holds requests that it never
    /// completes. The guest's memory then stays mapped until the process ends, because the device may still write to it.
    /// </summary>
    /// <exception cref="GuestScriptException">
    /// A device did not stop, or failed and the test did not ask for the failure. The text also has the last exception of the test, which
    /// this exception may hide.
    /// </exception>
    public async ValueTask DisposeAsync()
    {
        if (_troubles.End())
            await _troubles.DisposeAsync(Machine, _ended).ConfigureAwait(false);
    }

    private async Task<LinuxGuest> StartOrDisposeAsync(LinuxGuestOptions options, CancellationToken cancellationToken)
    {
        try
        {
            await BootAsync(options, cancellationToken).ConfigureAwait(false);
            await GuardAsync(options.StartLimit, "did not answer", _agent.WaitUntilReadyAsync, cancellationToken).ConfigureAwait(false);
            return this;
        }
        catch (Exception e)
        {
            await GuestTroubles.AbandonAsync(DisposeAsync, e).ConfigureAwait(false);
            throw;
        }
    }

    private async Task BootAsync(LinuxGuestOptions options, CancellationToken cancellationToken)
    {
        GuestImage image = options.Image ?? GuestImage.Find(options.Machine);
        MicroVmMachine machine = MicroVmMachineChoice.For(options.Machine, image.Kernel).Machine;
        var agentPort = new ConsoleDevice(new ConsoleDeviceOptions
        {
            Name = GuestAgent.PortName,
            IsConsole = false,
            Input = _toGuest.Reader.AsStream(),
            Output = _fromGuest.Writer.AsStream(),
        });
        Machine = await MicroVm.StartAsync(
            new MicroVmOptions
            {
                Machine = machine,
                Kernel = image.Kernel,
                Initrd = options.WithTools ? [.. image.Initrd, .. image.Tools] : image.Initrd,
                UseDefaultCommandLine = false,
                CommandLine = string.Join(
                    ' ',
                    $"{Printing(machine)} panic=-1 virtio.agent=virtio-ports/{GuestAgent.PortName}",
                    image.CommandLine,
                    options.CommandLine).TrimEnd(),
                MemorySize = options.MemorySize,
                ProcessorCount = options.ProcessorCount,
                Devices = [agentPort, .. options.Devices],
                StopLimit = options.StopLimit,
                Logger = _troubles.Recorder,
            },
            cancellationToken).ConfigureAwait(false);
        Exit = WatchAsync();
    }

    // The early console prints the panic of a kernel that has no driver for the serial port yet. "quiet" comes first, so that the kernel
    // prints nothing else there.
    private static string Printing(MicroVmMachine machine) =>
        $"quiet earlycon={(machine == MicroVmMachine.Kvm ? "uart8250,io,0x3f8" : "sbi")} console=ttyS0";

    private static string Describe(MicroVmExit exit) => exit.Detail is null ? $"{exit.Reason}" : $"{exit.Reason}: {exit.Detail}";

    private async Task<MicroVmExit> WatchAsync()
    {
        MicroVmExit exit = await Machine.WaitForExitAsync().ConfigureAwait(false);
        await _ended.CancelAsync().ConfigureAwait(false);
        return exit;
    }

    private async Task GuardAsync(TimeSpan limit, string failure, Func<CancellationToken, Task> work, CancellationToken cancellationToken)
    {
        using var time = new CancellationTokenSource(limit);
        using var any = CancellationTokenSource.CreateLinkedTokenSource(time.Token, _ended.Token, cancellationToken);
        try
        {
            await work(any.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is OperationCanceledException or EndOfStreamException && !cancellationToken.IsCancellationRequested)
        {
            MicroVmExit? exit = _ended.IsCancellationRequested ? await Exit.ConfigureAwait(false) : null;
            string how = exit is null ? $"{failure} within {limit}" : $"ended ({Describe(exit)}) and {failure}";
            throw _troubles.Explain($"the guest {how}\n--- kernel ---\n{KernelLog}", e, exit);
        }
    }
}
