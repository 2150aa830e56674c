namespace Virtio.Cli;

/// <summary>
/// The result of <c>virtio probe</c>. With <c>--json</c> the members have these names. Members may be added, but are never renamed.
/// </summary>
/// <param name="Version">Version of the command.</param>
/// <param name="Runtime">Version of .NET.</param>
/// <param name="Platform">The runtime identifier of .NET, such as <c>linux-x64</c>.</param>
/// <param name="Machine">The machine that <c>--machine auto</c> selects for the guest image: <c>kvm</c> or <c>software</c>.</param>
/// <param name="Software">The machine with the software processor.</param>
/// <param name="Kvm">The machine on this host's processors.</param>
/// <param name="GuestImage">The image that is booted without <c>--kernel</c>.</param>
/// <param name="Terminal">The terminal at standard input; null where there is none.</param>
/// <param name="Cores">Number of processors that this process may use.</param>
/// <param name="Memory">Bytes of memory that this process may use.</param>
internal sealed record ProbeReport(
    string Version,
    string Runtime,
    string Platform,
    string Machine,
    ProbeReport.Board Software,
    ProbeReport.Board Kvm,
    ProbeReport.Image GuestImage,
    ProbeReport.Size? Terminal,
    int Cores,
    long Memory)
{
    /// <param name="Usable">Whether guests run on this machine here.</param>
    /// <param name="Architecture">The architecture of its processor.</param>
    /// <param name="MaximumProcessors">The most processors it can have.</param>
    /// <param name="Reason">Why it is usable, or not.</param>
    /// <param name="Measured">The result of a measurement; null where none affected the choice.</param>
    internal sealed record Board(bool Usable, string Architecture, int MaximumProcessors, string? Reason, string? Measured);

    /// <param name="Found">Whether there is one.</param>
    /// <param name="Kernel">The path of its kernel; null where there is none.</param>
    /// <param name="Reason">Why there is none; null where there is one.</param>
    internal sealed record Image(bool Found, string? Kernel, string? Reason);

    /// <param name="Columns">0 when unknown.</param>
    /// <param name="Rows">0 when unknown.</param>
    internal sealed record Size(int Columns, int Rows);
}
