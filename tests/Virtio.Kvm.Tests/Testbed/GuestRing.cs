namespace Virtio.Kvm.Tests.Testbed;

/// <summary>The privilege level at which guest code runs.</summary>
public enum GuestRing
{
    /// <summary>Ring 0.</summary>
    Kernel,

    /// <summary>Ring 3 with the right to use ports. A KVM that interprets ring 0 runs it natively.</summary>
    User,
}
