using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;
using Virtio.Kvm.Interop;

namespace Virtio.Kvm;

/// <summary>KVM itself: an open <c>/dev/kvm</c>. Thread-safe. The VMs that it created outlive it.</summary>
[SupportedOSPlatform("linux")]
public sealed class KvmSystem : IDisposable
{
    /// <summary>The path of the KVM device.</summary>
    public const string DevicePath = "/dev/kvm";

    /// <summary>The only version of KVM's calls. A device with another version is incompatible.</summary>
    public const int SupportedApiVersion = 12;

    private readonly SafeFileHandle _handle;

    private KvmSystem(SafeFileHandle handle) => _handle = handle;

    /// <summary>The version of KVM's calls.</summary>
    /// <exception cref="KvmException">The call failed.</exception>
    public int ApiVersion => KvmCalls.Invoke(_handle, KvmRequest.GetApiVersion);

    /// <summary>Opens KVM.</summary>
    /// <param name="path">The device.</param>
    /// <exception cref="PlatformNotSupportedException">The host is not Linux on x86-64.</exception>
    /// <exception cref="KvmException">The device is missing, may not be opened, or has another version.</exception>
    public static KvmSystem Open(string path = DevicePath)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (!OperatingSystem.IsLinux() || RuntimeInformation.ProcessArchitecture != Architecture.X64)
            throw new PlatformNotSupportedException($"KVM is used on Linux on x86-64 only; this is {RuntimeInformation.RuntimeIdentifier}");
        var system = new KvmSystem(KvmCalls.Open(path));
        try
        {
            int version = system.ApiVersion;
            return version == SupportedApiVersion
                ? system
                : throw new KvmException(KvmRequest.GetApiVersion.Name, $"the version is {version}, not {SupportedApiVersion}");
        }
        catch
        {
            system.Dispose();
            throw;
        }
    }

    /// <summary>Queries a capability of this host. Use <see cref="KvmVm.CheckExtension"/> if it may depend on the VM.</summary>
    /// <returns>0 if KVM lacks it; otherwise 1, or the number that the capability reports.</returns>
    /// <exception cref="KvmException">The call failed.</exception>
    public int CheckExtension(KvmCapability capability) => KvmCalls.Invoke(_handle, KvmRequest.CheckExtension, (nint)capability);

    /// <summary>The CPUID results that this host supports for a guest.</summary>
    /// <exception cref="KvmException">The call failed.</exception>
    public KvmCpuidEntry[] GetSupportedCpuid()
    {
        // KVM reports that the list does not fit, but not the length it needs. There are about a hundred entries.
        for (int count = 128; ; count *= 2)
        {
            byte[] list = EntryList.Of(new ReadOnlySpan<KvmCpuidEntry>(new KvmCpuidEntry[count]));
            try
            {
                KvmCalls.Invoke(_handle, KvmRequest.GetSupportedCpuid, list);
                return EntryList.Entries<KvmCpuidEntry>(list).ToArray();
            }
            catch (KvmException e) when (e.ErrorNumber == ErrorNumbers.TooBig && count < 4096)
            {
                // Try again with a longer list.
            }
        }
    }

    /// <summary>The model-specific registers of a guest that KVM can save and restore.</summary>
    /// <exception cref="KvmException">The call failed.</exception>
    public uint[] GetMsrIndexes()
    {
        byte[] list = new byte[sizeof(uint)];
        try
        {
            KvmCalls.Invoke(_handle, KvmRequest.GetMsrIndexList, list);
        }
        catch (KvmException e) when (e.ErrorNumber == ErrorNumbers.TooBig)
        {
            // The failed call has stored the number of registers.
            int count = BinaryPrimitives.ReadInt32LittleEndian(list);
            list = new byte[sizeof(uint) * (count + 1)];
            BinaryPrimitives.WriteInt32LittleEndian(list, count);
            KvmCalls.Invoke(_handle, KvmRequest.GetMsrIndexList, list);
        }

        return MemoryMarshal.Cast<byte, uint>(list)[1..].ToArray();
    }

    /// <summary>Creates a VM without memory and vCPUs.</summary>
    /// <exception cref="KvmException">A call failed.</exception>
    public KvmVm CreateVm()
    {
        int pageLength = KvmCalls.Invoke(_handle, KvmRequest.GetVcpuMapSize);
        return new KvmVm(new SafeFileHandle(KvmCalls.Invoke(_handle, KvmRequest.CreateVm), ownsHandle: true), pageLength);
    }

    /// <summary>Closes the device.</summary>
    public void Dispose() => _handle.Dispose();
}
