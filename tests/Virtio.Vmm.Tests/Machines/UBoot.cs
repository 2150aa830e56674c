using Virtio.Devices;

namespace Virtio.Vmm.Tests.Machines;

/// <summary>A RISC-V machine that runs Debian's U-Boot, at its prompt on the serial port.</summary>
internal sealed class UBoot : IAsyncDisposable
{
    /// <summary>On a processor in software, and perhaps a busy host, U-Boot reads a kernel of 30 MiB.</summary>
    public static readonly TimeSpan TimeLimit = TimeSpan.FromMinutes(4);

    private const string Program = "/usr/lib/u-boot/qemu-riscv64_smode/u-boot.bin";
    private const string Prompt = "=> ";
    private const long MemorySize = 512L << 20; // its addresses for a kernel and a ramdisk lie 64 and 195 MiB above the start

    private UBoot(MicroVm vm, GuestTerminal terminal) => (Vm, Terminal) = (vm, terminal);

    public MicroVm Vm { get; }

    /// <summary>The other end of the serial port.</summary>
    public GuestTerminal Terminal { get; }

    /// <summary>Boots to the prompt. Skips the test if the package is not installed.</summary>
    /// <param name="commandLine">Parameters for the kernel that U-Boot boots.</param>
    /// <param name="devices">The machine's devices.</param>
    public static async Task<UBoot> StartAsync(string commandLine, params IReadOnlyList<IVirtioDevice> devices)
    {
        Assert.SkipUnless(File.Exists(Program), $"there is no {Program}: install Debian's package u-boot-qemu");
        var terminal = new GuestTerminal();
        var guest = new UBoot(
            await MicroVm.StartAsync(new MicroVmOptions
            {
                Kernel = BootSource.FromFile(Program),
                MemorySize = MemorySize,
                CommandLine = commandLine,
                Devices = devices,
                SerialInput = terminal.Keys,
                SerialOutput = terminal,
            }),
            terminal);
        try
        {
            // If the key comes too late for the count-down, U-Boot finds nothing that it could boot by itself, and shows the same prompt.
            await terminal.ExpectAsync("stop autoboot", TimeLimit);
            await terminal.TypeAsync("");
            await terminal.ExpectAsync(Prompt, TimeLimit);
            return guest;
        }
        catch
        {
            await guest.DisposeAsync();
            throw;
        }
    }

    /// <summary>Runs a command, which must succeed, and returns its output.</summary>
    public async Task<string> RunAsync(string command)
    {
        // The echo of the command has quotes within the mark; only its output has the mark whole.
        var start = Terminal.Text.Length;
        await Terminal.TypeAsync($"{command}; echo status'-'$?");
        await Terminal.ExpectAsync("status-", TimeLimit);
        await Terminal.ExpectAsync(Prompt, TimeLimit);
        var text = Terminal.Text[start..];
        Assert.Contains("status-0", text, StringComparison.Ordinal);
        return text;
    }

    public async ValueTask DisposeAsync()
    {
        await Vm.DisposeAsync();
        await Terminal.DisposeAsync();
    }
}
