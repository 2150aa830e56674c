namespace Virtio.Kvm;

/// <summary>What <see cref="KvmProbe"/> found.</summary>
/// <param name="IsUsable">Whether kernels run on this host's KVM, at the processor's speed.</param>
/// <param name="Reason">Why, or why not and what helps: one line, without a full stop.</param>
public sealed record KvmProbeResult(bool IsUsable, string Reason)
{
    /// <summary>What was measured, for people who want to know: one line, without a full stop. Null where it does not matter.</summary>
    public string? Measured { get; init; }
}
