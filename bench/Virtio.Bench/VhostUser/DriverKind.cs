namespace Virtio.Bench.VhostUser;

/// <summary>How a driver and its front-end set up their rings.</summary>
/// <param name="IsPacked">The layout.</param>
/// <param name="KeepsInflight">Whether the back-end keeps a record of what is in flight, as QEMU wants it from each that can.</param>
internal sealed record DriverKind(bool IsPacked, bool KeepsInflight);
