namespace Virtio.Cli;

/// <summary>What <c>virtio probe</c> finds; with <c>--json</c> these are the names of the members. Members are added, and none is renamed.</summary>
/// <param name="Version">Of the command.</param>
/// <param name="Runtime">Of .NET.</param>
/// <param name="Platform">As .NET names it, such as <c>linux-x64</c>.</param>
/// <param name="Machine">The machine that <c>--machine auto</c> takes for the guest image: <c>kvm</c> or <c>software</c>.</param>
/// <param name="Software">The machine with the processor in C#.</param>
/// <param name="Kvm">The machine on this host's processors.</param>
/// <param name="GuestImage">The image that is booted without <c>--kernel</c>.</param>
/// <param name="Terminal">The terminal at standard input; null where there is none.</param>
/// <param name="Cores">Processors that this process may use.</param>
/// <param name="Memory">Bytes of memory that this process may use.</param>
internal sealed record ProbeReport(
    string Version, string Runtime, string Platform, string Machine, ProbeReport.Board Software, ProbeReport.Board Kvm, ProbeReport.Image GuestImage, ProbeReport.Size? Terminal, int Cores, long Memory)
{
    /// <param name="Usable">Whether guests run on it here.</param>
    /// <param name="Architecture">Of its processor.</param>
    /// <param name="MaximumProcessors">The most it can have.</param>
    /// <param name="Reason">Why it is usable, or not.</param>
    /// <param name="Measured">What was measured; null where nothing was that matters.</param>
    internal sealed record Board(bool Usable, string Architecture, int MaximumProcessors, string? Reason, string? Measured);

    /// <param name="Found">Whether there is one.</param>
    /// <param name="Kernel">The path of its kernel; null where there is none.</param>
    /// <param name="Reason">Why there is none; null where there is one.</param>
    internal sealed record Image(bool Found, string? Kernel, string? Reason);

    /// <param name="Columns">0 when unknown.</param>
    /// <param name="Rows">0 when unknown.</param>
    internal sealed record Size(int Columns, int Rows);
}
