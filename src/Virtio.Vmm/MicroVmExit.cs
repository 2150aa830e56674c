namespace Virtio.Vmm;

/// <summary>How a microVM ended.</summary>
/// <param name="Reason">Why it ended.</param>
/// <param name="Detail">
/// The kernel's panic message, the event that its processor could not survive, or the failure; null if there is nothing to add.
/// </param>
public sealed record MicroVmExit(MicroVmExitReason Reason, string? Detail = null);
