using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;
using Virtio.Kvm.Interop;

namespace Virtio.Kvm;

/// <summary>
/// A machine: memory, interrupt controllers, events, and its vCPUs, which it disposes. Thread-safe. Memory that was given to it must stay mapped until it is disposed.
/// </summary>
[SupportedOSPlatform("linux")]
public sealed class KvmVm : IDisposable
{
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

    /// <summary>Asks for a capability of this machine.</summary>
    /// <returns>0 if there is none; otherwise 1, or the number that the capability is about.</returns>
    /// <exception cref="KvmException">The call failed.</exception>
    public int CheckExtension(KvmCapability capability) => KvmCalls.Invoke(_handle, KvmRequest.CheckExtension, (nint)capability);

    /// <summary>Switches a capability on that is off by default.</summary>
    /// <exception cref="KvmException">The call failed.</exception>
    public void EnableCapability(KvmCapability capability, ulong argument = 0)
    {
        var arguments = new CapabilityArguments { Capability = (uint)capability };
        arguments.Arguments[0] = argument;
        KvmCalls.Invoke(_handle, KvmRequest.EnableCapability, ref arguments);
    }

    /// <summary>Makes memory of this process memory of the guest, in large pages where the host has them, or removes a slot.</summary>
    /// <param name="slot">Number of the slot, from 0; a slot in use is replaced.</param>
    /// <param name="guestAddress">Guest-physical address of the first byte; whole pages.</param>
    /// <param name="size">Bytes; whole pages. 0 removes the slot.</param>
    /// <param name="hostAddress">Address of the first byte in this process. The mapping must outlive this machine: what else came to be there the guest could read and write.</param>
    /// <param name="flags">How the slot is.</param>
    /// <exception cref="KvmException">The call failed, as where slots overlap.</exception>
    public void SetMemory(int slot, ulong guestAddress, ulong size, nint hostAddress, KvmMemoryFlags flags = KvmMemoryFlags.None)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(slot);
        var region = new MemoryRegion { Slot = (uint)slot, Flags = (uint)flags, GuestAddress = guestAddress, Size = size, HostAddress = (ulong)hostAddress };
        KvmCalls.Invoke(_handle, KvmRequest.SetUserMemoryRegion, ref region);
        KvmCalls.PreferLargePages(hostAddress, size);
    }

    /// <summary>Gives KVM three pages of the guest-physical space below 4 GiB that some processors by Intel need; nothing else may be there.</summary>
    /// <exception cref="KvmException">The call failed.</exception>
    public void SetTssAddress(uint address) => KvmCalls.Invoke(_handle, KvmRequest.SetTssAddress, (nint)address);

    /// <summary>Gives KVM a page of the guest-physical space for the same reason. Before the first vCPU.</summary>
    /// <exception cref="KvmException">The call failed.</exception>
    public void SetIdentityMapAddress(ulong address) => KvmCalls.Invoke(_handle, KvmRequest.SetIdentityMapAddress, ref address);

    /// <summary>Makes two 8259, an I/O APIC with 24 pins, and a local APIC for each vCPU, in the kernel. Before the first vCPU.</summary>
    /// <exception cref="KvmException">The call failed.</exception>
    public void CreateInterruptController() => KvmCalls.Invoke(_handle, KvmRequest.CreateInterruptController);

    /// <summary>Makes an 8254 timer in the kernel, port 0x61 included. After <see cref="CreateInterruptController"/>.</summary>
    /// <exception cref="KvmException">The call failed.</exception>
    public void CreatePit()
    {
        var config = new PitConfig { Flags = PitConfig.WithSpeakerPort };
        KvmCalls.Invoke(_handle, KvmRequest.CreatePit, ref config);
    }

    /// <summary>Sets an interrupt line of the controllers in the kernel.</summary>
    /// <param name="line">Pin of the I/O APIC, 0 to 23 (0 to 15 reach the 8259 too).</param>
    /// <param name="level">Whether it is asserted.</param>
    /// <exception cref="KvmException">The call failed.</exception>
    public void SetInterruptLine(int line, bool level)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(line);
        var state = new InterruptLevel { Line = (uint)line, Level = level ? 1u : 0u };
        KvmCalls.Invoke(_handle, KvmRequest.SetInterruptLine, ref state);
    }

    /// <summary>Lets an event raise a line, as an edge: up and down again with every write to the event.</summary>
    /// <param name="line">As for <see cref="SetInterruptLine"/>.</param>
    /// <param name="eventDescriptor">An eventfd, which KVM keeps open until it is removed or the machine is gone.</param>
    /// <exception cref="KvmException">The call failed.</exception>
    public void AddInterruptEvent(int line, SafeHandle eventDescriptor) => ChangeInterruptEvent(line, eventDescriptor, 0);

    /// <summary>Takes back <see cref="AddInterruptEvent"/>.</summary>
    /// <exception cref="KvmException">The call failed.</exception>
    public void RemoveInterruptEvent(int line, SafeHandle eventDescriptor) => ChangeInterruptEvent(line, eventDescriptor, InterruptEvent.Removes);

    /// <summary>Lets writes of the guest signal an event; the guest goes on at once.</summary>
    /// <param name="write">Which writes. Those that do not match leave the guest as if there were no event.</param>
    /// <param name="eventDescriptor">An eventfd, which KVM keeps open until it is removed or the machine is gone.</param>
    /// <exception cref="KvmException">The call failed, as where the same write already has an event.</exception>
    public void AddIoEvent(KvmIoEvent write, SafeHandle eventDescriptor) => ChangeIoEvent(write, eventDescriptor, 0);

    /// <summary>Takes back <see cref="AddIoEvent"/>.</summary>
    /// <exception cref="KvmException">The call failed, as where there is no such event.</exception>
    public void RemoveIoEvent(KvmIoEvent write, SafeHandle eventDescriptor) => ChangeIoEvent(write, eventDescriptor, IoEvent.Removes);

    /// <summary>Makes a vCPU.</summary>
    /// <param name="id">Its number, which is that of its local APIC, from 0.</param>
    /// <exception cref="KvmException">A call failed.</exception>
    public KvmVcpu CreateVcpu(int id)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(id);
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            var vcpu = KvmVcpu.Open(new SafeFileHandle(KvmCalls.Invoke(_handle, KvmRequest.CreateVcpu, id), ownsHandle: true), id, _pageLength);
            _vcpus.Add(vcpu);
            return vcpu;
        }
    }

    /// <summary>Disposes the vCPUs, as <see cref="KvmVcpu.Dispose"/> does: when it returns, the guest does not run any more. Then the machine is gone.</summary>
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
        var change = new IoEvent { Address = write.Address, Length = (uint)write.Length, Match = write.Match ?? 0, Descriptor = held.Number, Flags = flags };
        KvmCalls.Invoke(_handle, KvmRequest.SetIoEvent, ref change);
    }
}
