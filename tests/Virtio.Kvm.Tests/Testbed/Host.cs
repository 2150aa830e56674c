namespace Virtio.Kvm.Tests.Testbed;

/// <summary>The KVM of the host, of either kind.</summary>
internal static class Host
{
    /// <summary>Opens it, or skips the test.</summary>
    internal static KvmSystem OpenKvm()
    {
        try
        {
            return KvmSystem.Open();
        }
        catch (Exception e) when (e is KvmException or PlatformNotSupportedException)
        {
            Assert.Skip($"there is no KVM here: {e.Message}");
            throw;
        }
    }
}
