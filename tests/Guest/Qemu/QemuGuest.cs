using System.Diagnostics;
using System.Globalization;
using System.Text;
using Virtio.Testing.Guest;
using Virtio.Vmm;

namespace Virtio.Guest.Tests.Qemu;

/// <summary>The stock amd64 guest under QEMU's emulator with devices over vhost-user. It shares its memory with their back-ends.</summary>
internal sealed class QemuGuest : IAsyncDisposable
{
    private const string Program = "qemu-system-x86_64";

    // About one in fifteen starts of the emulator hangs, whichever devices it has.
    private const int Starts = 3;
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(90);

    // A round number plus half of 64 pages. If memory is whole words of the bitmap of dirty pages, QEMU 7.2's emulator clears them without
    // telling its processors, which then write without marking. Guests whose disk was QEMU's own lost up to seven pages in 9 of 40
    // migrations, and five of them hung or rebooted. Later versions are fixed.
    private const long MemoryLength = (512 << 20) + (128 << 10);

    private readonly TemporaryFolder _folder = new();
    private readonly Process _process;
    private readonly GuestAgent _agent;
    private readonly StringBuilder _errors = new();

    private QemuGuest(IEnumerable<string> arguments)
    {
        MonitorPath = Path.Combine(_folder.Root, "monitor");
        _process = Process.Start(new ProcessStartInfo(Program, [.. Machine(_folder, MonitorPath), .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        _process.ErrorDataReceived += (_, e) =>
        {
            lock (_errors)
                _errors.AppendLine(e.Data);
        };
        _process.BeginErrorReadLine();
        _agent = new GuestAgent(_process.StandardInput.BaseStream, _process.StandardOutput.BaseStream);
    }

    internal Process Process => _process;

    private string MonitorPath { get; }

    private string Said
    {
        get
        {
            lock (_errors)
                return _errors.ToString();
        }
    }

    /// <summary>Starts QEMU and does not wait for the guest.</summary>
    internal static QemuGuest Launch(params string[] arguments)
    {
        Programs.Find(Program);
        Guests.RequireImage(MicroVmMachine.Kvm);
        return new QemuGuest(arguments);
    }

    /// <summary>Boots the guest, and tries again when the emulator hangs, which the test's output then says.</summary>
    /// <param name="arguments">QEMU's arguments for the devices.</param>
    internal static async Task<QemuGuest> StartAsync(params string[] arguments)
    {
        for (int start = 1; ; start++)
        {
            QemuGuest guest = Launch(arguments);
            try
            {
                using var limit = new CancellationTokenSource(StartLimit);
                await guest._agent.WaitUntilReadyAsync(limit.Token);
                return guest;
            }
            catch (Exception e) when (e is OperationCanceledException or EndOfStreamException)
            {
                bool ended = guest._process.HasExited;
                await guest.DisposeAsync();
                string said = guest.Said;
                if (ended || start == Starts)
                    throw new GuestScriptException(
                        $"{Program} {(ended ? "ended" : $"did not boot the guest in {Starts} starts")}: {said}", e);
                TestContext.Current.TestOutputHelper?.WriteLine(
                    $"the emulator did not boot the guest within {StartLimit}; started again ({start + 1} of {Starts}): {said}");
            }
        }
    }

    /// <summary>
    /// Starts QEMU without booting: memory and device state come from another guest with the same devices. It does not run before it is
    /// told to (`cont`).
    /// </summary>
    /// <param name="place">The Unix socket of the migration.</param>
    /// <param name="arguments">QEMU's arguments for the devices.</param>
    internal static QemuGuest StartIncoming(string place, params string[] arguments) =>
        new([.. arguments, "-S", "-incoming", $"unix:{place}"]);

    /// <summary>Runs a script, which must succeed, and returns its output without the white space around it.</summary>
    internal async Task<string> RunAsync(string script, TimeSpan? limit = null)
    {
        using var time = new CancellationTokenSource(limit ?? TimeSpan.FromMinutes(4));
        GuestResult result;
        try
        {
            result = await _agent.RunAsync(script, time.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or EndOfStreamException)
        {
            throw new GuestScriptException($"the guest did not end the script\n{script}\nwhat {Program} said:\n{Said}", e);
        }

        return result.ExitStatus == 0
            ? result.Text
            : throw new GuestScriptException($"the script ended with {result.ExitStatus}\n{script}\n{result.Output}");
    }

    /// <summary>Opens the guest's memory, which changes while the guest or a device runs.</summary>
    internal FileStream OpenMemory()
    {
        string file = Directory.EnumerateFiles(string.Create(CultureInfo.InvariantCulture, $"/proc/{_process.Id}/fd"))
            .First(path => new FileInfo(path).LinkTarget?.StartsWith("/memfd:memory-backend-memfd", StringComparison.Ordinal) == true);
        var memory = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        Assert.Equal(MemoryLength, memory.Length);
        return memory;
    }

    /// <summary>Waits for a guest that is rebooting.</summary>
    internal async Task WaitUntilReadyAsync()
    {
        using var limit = new CancellationTokenSource(StartLimit);
        await _agent.WaitUntilReadyAsync(limit.Token);
    }

    /// <summary>Connects to QEMU's monitor.</summary>
    internal Task<QemuMonitor> ConnectMonitorAsync() => QemuMonitor.ConnectAsync(MonitorPath);

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
        _folder.Dispose();
    }

    private static IEnumerable<string> Machine(TemporaryFolder folder, string monitor)
    {
        GuestImage image = GuestImage.Find(MicroVmMachine.Kvm);
        string memory = string.Create(CultureInfo.InvariantCulture, $"{MemoryLength}");
        return
        [
            "-nodefaults", "-display", "none", "-M", "q35,accel=tcg", "-smp", "2", "-m", $"{memory}B",
            "-object", $"memory-backend-memfd,id=memory,size={memory},share=on", "-numa", "node,memdev=memory",
            "-kernel", image.Kernel.Name, "-initrd", JoinRamdisks(folder, image),
            "-append", $"console=ttyS0 quiet panic=-1 virtio.agent=hvc0 {image.CommandLine}",
            "-device", "virtio-serial-pci", "-chardev", "stdio,id=agent,signal=off", "-device", "virtconsole,chardev=agent",
            "-qmp", $"unix:{monitor},server=on,wait=off",
            "-serial", $"file:{Path.Combine(folder.Root, "serial")}",
        ];
    }

    // The kernel unpacks several archives one after the other.
    private static string JoinRamdisks(TemporaryFolder folder, GuestImage image)
    {
        string path = Path.Combine(folder.Root, "initrd.cpio");
        using FileStream joined = File.Create(path);
        foreach (BootSource part in (IEnumerable<BootSource>)[.. image.Initrd, .. image.Tools])
        {
            using FileStream source = File.OpenRead(part.Name);
            source.CopyTo(joined);
        }

        return path;
    }
}
