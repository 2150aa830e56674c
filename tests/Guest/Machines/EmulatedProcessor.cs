using Virtio.Testing.Guest;
using Virtio.Vmm;

namespace Virtio.Guest.Tests.Machines;

/// <summary>The processor that <c>eng/with-kvm</c> lets QEMU emulate where KVM is not real. It loses a guest now and then: docs/testing.md has the counts.</summary>
internal static class EmulatedProcessor
{
    private static readonly bool IsUsed = Environment.GetEnvironmentVariable("VIRTIO_WITH_KVM_EMULATED") is not null;

    /// <summary>Runs a test that keeps such a processor busy for long; once more, with a warning, if it lost the guest. A hang is nobody's excuse.</summary>
    internal static async Task RunAsync(Func<Task> test)
    {
        try
        {
            await test();
        }
        catch (GuestScriptException e) when (IsUsed && e.Exit is { Reason: MicroVmExitReason.Panic, Detail: { } detail } && detail.Contains("triple fault", StringComparison.Ordinal))
        {
            TestContext.Current.AddWarning($"repeated, because the emulated processor lost the guest: {e.Message}");
            await test();
        }
    }
}
