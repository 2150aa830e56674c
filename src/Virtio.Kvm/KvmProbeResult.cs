namespace Virtio.Kvm;

/// <summary>The result of <see cref="KvmProbe"/>.</summary>
/// <param name="IsUsable">Whether kernels run on this host's KVM at the processor's speed.</param>
/// <param name="Reason">The reason; if not usable, also the remedy: one line, without a full stop.</param>
public sealed record KvmProbeResult(bool IsUsable, string Reason)
{
    /// <summary>The measurement, for curious users: one line, without a full stop. Null where it does not matter.</summary>
    public string? Measured { get; init; }
}
