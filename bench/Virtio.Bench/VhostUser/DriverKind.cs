namespace Virtio.Bench.VhostUser;

/// <summary>How a driver and its front-end set up their rings.</summary>
/// <param name="IsPacked">Whether the rings are packed.</param>
/// <param name="KeepsInflight">Whether the back-end keeps an in-flight record, which QEMU requests from each back-end that can.</param>
internal sealed record DriverKind(bool IsPacked, bool KeepsInflight);
