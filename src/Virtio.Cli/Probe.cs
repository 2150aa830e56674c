using System.Reflection;
using System.Runtime.InteropServices;
using Virtio.Cli.Arguments;
using Virtio.Linux;
using Virtio.Vmm;

namespace Virtio.Cli;

/// <summary>What this host can do for guests.</summary>
internal static class Probe
{
    internal static int Write(TextWriter output)
    {
        foreach ((string subject, string finding) in Findings())
            output.WriteLine($"{subject,-20}{finding}");
        return ExitStatus.Success;
    }

    private static IEnumerable<(string Subject, string Finding)> Findings()
    {
        yield return ("virtio", Version());
        yield return ("runtime", $"{RuntimeInformation.FrameworkDescription}, {RuntimeInformation.RuntimeIdentifier}");
        yield return ("software processor", $"yes: RISC-V (RV64GC), up to {MicroVmOptions.MaxSoftwareProcessorCount} processors; needs nothing of this host");
        yield return ("KVM", Kvm());
        yield return ("guest image", Image());
        yield return ("terminal", ControlTerminal());
        yield return ("cores", Cores());
        yield return ("memory", $"{ByteSize.Format(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes)}; a guest takes {ByteSize.Format(RunOptions.DefaultMemory)} at most by default (--memory)");
    }

    private static string Version() =>
        typeof(Probe).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";

    private static string Kvm()
    {
        MicroVmMachineChoice choice = MicroVmMachineChoice.For(MicroVmMachine.Auto);
        return choice.Machine == MicroVmMachine.Kvm
            ? $"yes: x86-64, up to {MicroVmOptions.MaxProcessorCount} processors; {choice.Reason}"
            : $"no: {choice.Reason}";
    }

    private static string Image()
    {
        try
        {
            return $"yes: {GuestImage.Find().Kernel.Name}";
        }
        catch (FileNotFoundException e)
        {
            return $"no: {e.Message}";
        }
    }

    private static string ControlTerminal()
    {
        if (!Terminal.IsTerminal(Terminal.StandardInput))
            return "no: standard input is none; it would be passed to the guest as it is";
        TerminalSize size = Terminal.GetSize(Terminal.StandardOutput);
        return size == default ? "yes" : $"yes: {size.Columns} columns, {size.Rows} rows";
    }

    private static string Cores() =>
        $"{Environment.ProcessorCount}{(Environment.ProcessorCount < 2 ? "; guests are slower where their devices share one core with them" : "")}";
}
