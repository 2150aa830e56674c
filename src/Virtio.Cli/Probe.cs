using System.Runtime.InteropServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using Virtio.Cli.Arguments;
using Virtio.Linux;
using Virtio.Vmm;

namespace Virtio.Cli;

/// <summary>What this host can do for guests.</summary>
internal static class Probe
{
    // For programs and people, and never part of a page: '+' and quotes stay as they are.
    private static readonly ProbeJson Json = new(new JsonSerializerOptions(ProbeJson.Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    internal static void Write(TextWriter output)
    {
        ProbeReport report = Find();
        foreach ((string subject, string finding) in Lines(report))
            output.WriteLine($"{subject,-20}{finding}");
    }

    internal static void WriteJson(TextWriter output) => output.WriteLine(JsonSerializer.Serialize(Find(), Json.ProbeReport));

    private static ProbeReport Find()
    {
        MicroVmMachineChoice choice = MicroVmMachineChoice.For(MicroVmMachine.Auto);
        bool hasKvm = choice.Machine == MicroVmMachine.Kvm;
        TerminalSize size = Terminal.GetSize(Terminal.StandardInput);
        return new ProbeReport(
            VersionCommand.Version,
            RuntimeInformation.FrameworkDescription,
            RuntimeInformation.RuntimeIdentifier,
            hasKvm ? "kvm" : "software",
            new ProbeReport.Board(true, "riscv64", MicroVmOptions.MaxSoftwareProcessorCount, null, null),
            new ProbeReport.Board(hasKvm, "x86-64", MicroVmOptions.MaxProcessorCount, choice.Reason, choice.Measured),
            FindImage(),
            Terminal.IsTerminal(Terminal.StandardInput) ? new ProbeReport.Size(size.Columns, size.Rows) : null,
            Environment.ProcessorCount,
            GC.GetGCMemoryInfo().TotalAvailableMemoryBytes);
    }

    private static IEnumerable<(string Subject, string Finding)> Lines(ProbeReport report)
    {
        string measured = report.Kvm.Measured is null ? "" : $" ({report.Kvm.Measured})";
        yield return ("virtio", report.Version);
        yield return ("runtime", $"{report.Runtime}, {report.Platform}");
        yield return ("software processor", $"yes: RISC-V (RV64GC), up to {report.Software.MaximumProcessors} processors; needs nothing of this host");
        yield return ("KVM", report.Kvm.Usable ? $"yes: x86-64, up to {report.Kvm.MaximumProcessors} processors; {report.Kvm.Reason}{measured}" : $"no: {report.Kvm.Reason}{measured}");
        yield return ("guest image", report.GuestImage.Found ? $"yes: {report.GuestImage.Kernel}" : $"no: {report.GuestImage.Reason}");
        yield return ("terminal", Describe(report.Terminal));
        yield return ("cores", $"{report.Cores}{(report.Cores < 2 ? "; guests are slower where their devices share one core with them" : "")}");
        yield return ("memory", $"{ByteSize.Format(report.Memory)}; a guest takes {ByteSize.Format(RunOptions.DefaultMemory)} at most by default (--memory)");
    }

    private static ProbeReport.Image FindImage()
    {
        try
        {
            return new ProbeReport.Image(true, GuestImage.Find().Kernel.Name, null);
        }
        catch (FileNotFoundException e)
        {
            return new ProbeReport.Image(false, null, e.Message);
        }
    }

    private static string Describe(ProbeReport.Size? terminal) => terminal switch
    {
        null => "no: standard input is none; it would be passed to the guest as it is",
        { Columns: 0 } => "yes",
        _ => $"yes: {terminal.Columns} columns, {terminal.Rows} rows",
    };
}
