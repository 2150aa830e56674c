namespace Virtio.Kvm.Tests;

public sealed class KvmSystemTests
{
    [Fact]
    public void A_device_that_is_missing_is_named_with_the_error()
    {
        KvmException exception = Assert.Throws<KvmException>(() => KvmSystem.Open("/dev/no-such-device"));

        Assert.Equal("/dev/no-such-device: ENOENT (No such file or directory)", exception.Message);
        Assert.Equal(2, exception.ErrorNumber);
    }

    [Fact]
    public void A_device_that_is_not_KVM_is_refused_by_the_first_call()
    {
        KvmException exception = Assert.Throws<KvmException>(() => KvmSystem.Open("/dev/null"));

        Assert.Equal("KVM_GET_API_VERSION: ENOTTY (Inappropriate ioctl for device)", exception.Message);
    }
}
