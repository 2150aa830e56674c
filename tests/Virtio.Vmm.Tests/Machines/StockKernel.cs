using Virtio.Devices;

namespace Virtio.Vmm.Tests.Machines;

/// <summary>A machine that runs Debian's kernel, at the prompt of its shell on hvc0.</summary>
internal sealed class StockKernel : IAsyncDisposable
{
    /// <summary>Time limit of a boot or a command on a busy host. A hang is still found, only later.</summary>
    public static readonly TimeSpan TimeLimit = TimeSpan.FromSeconds(90);

    private const string Prompt = ":~# ";

    private StockKernel(MicroVm vm, GuestTerminal terminal, MemoryStream serial) => (Vm, Terminal, Serial) = (vm, terminal, serial);

    public MicroVm Vm { get; }

    public GuestTerminal Terminal { get; }

    /// <summary>The bytes that were written to the serial port. To be read after the machine has ended.</summary>
    public MemoryStream Serial { get; }

    /// <summary>The guest image for a machine. Skips the test if there is none.</summary>
    public static GuestImage Image(MicroVmMachine machine)
    {
        Assert.SkipWhen(
            GuestImage.TryFind(machine) is null,
            $"there is no guest image for the machine {machine}: make it with './build guest', or set {GuestImage.FolderVariable}");
        return GuestImage.Find(machine);
    }

    /// <summary>
    /// Boots to the prompt. Uses the image's own parameters, which save a second or two, unless <paramref name="asDebianDoes"/>.
    /// </summary>
    public static async Task<StockKernel> BootAsync(
        MicroVmMachine machine, long memorySize = 256L << 20, int processorCount = 1, string commandLine = "",
        bool useDefaultCommandLine = true, bool asDebianDoes = false,
        params IReadOnlyList<IVirtioDevice> devices)
    {
        var image = Image(machine);
        var terminal = new GuestTerminal();
        var serial = new MemoryStream();
        var guest = new StockKernel(
            await MicroVm.StartAsync(new MicroVmOptions
            {
                Machine = machine,
                Kernel = image.Kernel,
                Initrd = image.Initrd,
                MemorySize = memorySize,
                ProcessorCount = processorCount,
                CommandLine = asDebianDoes ? commandLine : $"{image.CommandLine} {commandLine}".Trim(),
                UseDefaultCommandLine = useDefaultCommandLine,
                Devices = [terminal.CreateDevice(), .. devices],
                SerialOutput = serial,
            }),
            terminal,
            serial);
        try
        {
            await terminal.ExpectAsync(Prompt, TimeLimit);
            return guest;
        }
        catch
        {
            await guest.DisposeAsync();
            throw;
        }
    }

    /// <summary>Runs a command and returns its output.</summary>
    public async Task<string> RunAsync(string command)
    {
        // The echo of the command has quotes within the marks; only its output has the marks whole.
        var start = Terminal.Text.Length;
        await Terminal.TypeAsync($"echo BEG''IN; {command}; echo E''ND");
        await Terminal.ExpectAsync("END\r\n", TimeLimit);
        await Terminal.ExpectAsync(Prompt, TimeLimit);
        var text = Terminal.Text[start..];
        var begin = text.IndexOf("BEGIN\r\n", StringComparison.Ordinal) + "BEGIN\r\n".Length;
        return text[begin..text.IndexOf("END\r\n", StringComparison.Ordinal)].ReplaceLineEndings("\n").TrimEnd();
    }

    /// <summary>Types a command that ends the machine, and returns how it ended.</summary>
    public async Task<MicroVmExit> EndAsync(string command)
    {
        await Terminal.TypeAsync(command);
        return await Vm.WaitForExitAsync().WaitAsync(TimeLimit);
    }

    public async ValueTask DisposeAsync()
    {
        await Vm.DisposeAsync();
        await Terminal.DisposeAsync();
        await Serial.DisposeAsync();
    }
}
