namespace Virtio.Vmm;

/// <summary>How a microVM ended.</summary>
/// <param name="Reason">Why.</param>
/// <param name="Detail">The kernel's panic message, what its processor could not survive, or what failed; null where there is nothing to add.</param>
public sealed record MicroVmExit(MicroVmExitReason Reason, string? Detail = null);
