using System.Runtime.InteropServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using Virtio.Cli.Arguments;
using Virtio.Linux;
using Virtio.Vmm;

namespace Virtio.Cli;

/// <summary>Finds what this host offers to guests.</summary>
internal static class Probe
{
    // The output is never part of a web page, so '+' and quotes are not escaped.
    private static readonly ProbeJson Json =
        new(new JsonSerializerOptions(ProbeJson.Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

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
        ProbeReport.Board software = report.Software;
        ProbeReport.Board kvm = report.Kvm;
        string measured = kvm.Measured is null ? "" : $" ({kvm.Measured})";
        string shared = report.Cores < 2 ? "; guests are slower where their devices share one core with them" : "";
        string most = ByteSize.Format(RunOptions.DefaultMemory);
        yield return ("virtio", report.Version);
        yield return ("runtime", $"{report.Runtime}, {report.Platform}");
        yield return (
            "software processor",
            $"yes: RISC-V (RV64GC), up to {software.MaximumProcessors} processors; needs nothing of this host");
        yield return (
            "KVM",
            kvm.Usable
                ? $"yes: x86-64, up to {kvm.MaximumProcessors} processors; {kvm.Reason}{measured}"
                : $"no: {kvm.Reason}{measured}");
        yield return ("guest image", report.GuestImage.Found ? $"yes: {report.GuestImage.Kernel}" : $"no: {report.GuestImage.Reason}");
        yield return ("terminal", Describe(report.Terminal));
        yield return ("cores", $"{report.Cores}{shared}");
        yield return ("memory", $"{ByteSize.Format(report.Memory)}; a guest takes {most} at most by default (--memory)");
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
