using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;
using Virtio.Kvm.Interop;

namespace Virtio.Kvm;

/// <summary>
/// A VM: memory, interrupt controllers, events, and its vCPUs, which it disposes. Thread-safe. The memory that it was given must stay
/// mapped until it is disposed.
/// </summary>
[SupportedOSPlatform("linux")]
public sealed class KvmVm : IDisposable
{

    // Protects _vcpus and _disposed.
    private readonly Lock _gate = new();
    private readonly List<KvmVcpu> _vcpus = [];
    private readonly SafeFileHandle _handle;
    private readonly int _pageLength;
    private bool _disposed;

    internal KvmVm(SafeFileHandle handle, int pageLength)
    {
        _handle = handle;
        _pageLength = pageLength;
    }

    /// <summary>Queries a capability of this VM.</summary>
    /// <returns>0 if KVM lacks it; otherwise 1, or the number that the capability reports.</returns>
    /// <exception cref="KvmException">The call failed.</exception>
    public int CheckExtension(KvmCapability capability) => KvmCalls.Invoke(_handle, KvmRequest.CheckExtension, (nint)capability);

    /// <summary>Enables a capability that is off by default.</summary>
    /// <exception cref="KvmException">The call failed.</exception>
    public void EnableCapability(KvmCapability capability, ulong argument = 0)
    {
        var arguments = new CapabilityArguments { Capability = (uint)capability };
        arguments.Arguments[0] = argument;
        KvmCalls.Invoke(_handle, KvmRequest.EnableCapability, ref arguments);
    }

    /// <summary>Maps memory of this process into the guest, in large pages where the host has them, or removes a slot.</summary>
    /// <param name="slot">Number of the slot, from 0; a slot in use is replaced.</param>
    /// <param name="guestAddress">Guest-physical address of the first byte; whole pages.</param>
    /// <param name="size">Bytes; whole pages. 0 removes the slot.</param>
    /// <param name="hostAddress">
    /// Address of the first byte in this process. The mapping must outlive this VM:
    /// the guest could access any memory that is mapped there later.
    /// </param>
    /// <param name="flags">The slot's properties.</param>
    /// <exception cref="KvmException">The call failed, for example because slots overlap.</exception>
    public void SetMemory(int slot, ulong guestAddress, ulong size, nint hostAddress, KvmMemoryFlags flags = KvmMemoryFlags.None)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(slot);
        var region = new MemoryRegion
        {
            Slot = (uint)slot,
            Flags = (uint)flags,
            GuestAddress = guestAddress,
            Size = size,
            HostAddress = (ulong)hostAddress,
        };
        KvmCalls.Invoke(_handle, KvmRequest.SetUserMemoryRegion, ref region);
        KvmCalls.PreferLargePages(hostAddress, size);
    }

    /// <summary>
    /// Gives KVM three pages of the guest-physical space below 4 GiB, which some Intel processors need; nothing else may be there.
    /// </summary>
    /// <exception cref="KvmException">The call failed.</exception>
    public void SetTssAddress(uint address) => KvmCalls.Invoke(_handle, KvmRequest.SetTssAddress, (nint)address);

    /// <summary>Gives KVM one page of the guest-physical space for the same processors. Before the first vCPU.</summary>
    /// <exception cref="KvmException">The call failed.</exception>
    public void SetIdentityMapAddress(ulong address) => KvmCalls.Invoke(_handle, KvmRequest.SetIdentityMapAddress, ref address);

    /// <summary>
    /// Creates two 8259s, an I/O APIC with 24 pins, and a local APIC for each vCPU, in the kernel. Before the first vCPU.
    /// </summary>
    /// <exception cref="KvmException">The call failed.</exception>
    public void CreateInterruptController() => KvmCalls.Invoke(_handle, KvmRequest.CreateInterruptController);

    /// <summary>Creates an 8254 timer in the kernel, including port 0x61. After <see cref="CreateInterruptController"/>.</summary>
    /// <exception cref="KvmException">The call failed.</exception>
    public void CreatePit()
    {
        var config = new PitConfig { Flags = PitConfig.WithSpeakerPort };
        KvmCalls.Invoke(_handle, KvmRequest.CreatePit, ref config);
    }

    /// <summary>Sets an interrupt line of the controllers in the kernel.</summary>
    /// <param name="line">Pin of the I/O APIC, 0 to 23 (0 to 15 also reach the 8259s).</param>
    /// <param name="level">Whether it is asserted.</param>
    /// <exception cref="KvmException">The call failed.</exception>
    public void SetInterruptLine(int line, bool level)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(line);
        var state = new InterruptLevel { Line = (uint)line, Level = level ? 1u : 0u };
        KvmCalls.Invoke(_handle, KvmRequest.SetInterruptLine, ref state);
    }

    /// <summary>Makes an event raise a line, as an edge: every write to the event raises and lowers the line.</summary>
    /// <param name="line">As for <see cref="SetInterruptLine"/>.</param>
    /// <param name="eventDescriptor">An eventfd, which KVM keeps open until it is removed or the VM is closed.</param>
    /// <exception cref="KvmException">The call failed.</exception>
    public void AddInterruptEvent(int line, SafeHandle eventDescriptor) => ChangeInterruptEvent(line, eventDescriptor, 0);

    /// <summary>Undoes <see cref="AddInterruptEvent"/>.</summary>
    /// <exception cref="KvmException">The call failed.</exception>
    public void RemoveInterruptEvent(int line, SafeHandle eventDescriptor) =>
        ChangeInterruptEvent(line, eventDescriptor, InterruptEvent.Removes);

    /// <summary>Makes guest writes signal an event; the guest continues at once.</summary>
    /// <param name="write">The writes. A write that does not match exits as if there were no event.</param>
    /// <param name="eventDescriptor">An eventfd, which KVM keeps open until it is removed or the VM is closed.</param>
    /// <exception cref="KvmException">The call failed, for example because the same write already has an event.</exception>
    public void AddIoEvent(KvmIoEvent write, SafeHandle eventDescriptor) => ChangeIoEvent(write, eventDescriptor, 0);

    /// <summary>Undoes <see cref="AddIoEvent"/>.</summary>
    /// <exception cref="KvmException">The call failed, for example because there is no such event.</exception>
    public void RemoveIoEvent(KvmIoEvent write, SafeHandle eventDescriptor) => ChangeIoEvent(write, eventDescriptor, IoEvent.Removes);

    /// <summary>Creates a vCPU.</summary>
    /// <param name="id">Its number, from 0, which is also the ID of its local APIC.</param>
    /// <exception cref="KvmException">A call failed.</exception>
    public KvmVcpu CreateVcpu(int id)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(id);
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            var handle = new SafeFileHandle(KvmCalls.Invoke(_handle, KvmRequest.CreateVcpu, id), ownsHandle: true);
            var vcpu = KvmVcpu.Open(handle, id, _pageLength);
            _vcpus.Add(vcpu);
            return vcpu;
        }
    }

    /// <summary>
    /// Disposes the vCPUs, as <see cref="KvmVcpu.Dispose"/> does, then closes the VM. When this returns, the guest does not run any more.
    /// </summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            _vcpus.ForEach(vcpu => vcpu.Dispose());
            _vcpus.Clear();
        }

        _handle.Dispose();
    }

    private void ChangeInterruptEvent(int line, SafeHandle eventDescriptor, uint flags)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(line);
        using var held = new HeldDescriptor(eventDescriptor);
        var change = new InterruptEvent { Descriptor = (uint)held.Number, Line = (uint)line, Flags = flags };
        KvmCalls.Invoke(_handle, KvmRequest.SetInterruptEvent, ref change);
    }

    private void ChangeIoEvent(KvmIoEvent write, SafeHandle eventDescriptor, uint flags)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(write.Length);
        using var held = new HeldDescriptor(eventDescriptor);
        flags |= (write.Match is null ? 0 : IoEvent.Matches) | (write.IsPort ? IoEvent.IsPort : 0);
        var change = new IoEvent
        {
            Address = write.Address,
            Length = (uint)write.Length,
            Match = write.Match ?? 0,
            Descriptor = held.Number,
            Flags = flags,
        };
        KvmCalls.Invoke(_handle, KvmRequest.SetIoEvent, ref change);
    }
}
