using System.Runtime.Versioning;
using Virtio.Kvm;
using Virtio.Linux;

namespace Virtio.Vmm.Boards.X86;

/// <summary>
/// The interrupt lines from devices to KVM's controllers. They are edge-triggered: each assertion is an event that the kernel takes without an exit of a
/// processor, and a deassertion is none. Thread-safe.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed class X86Interrupts : IDisposable
{
    private readonly EventDescriptor?[] _lines = new EventDescriptor?[X86BoardLayout.InterruptCount];

    /// <summary>Connects the serial port's line and those of the virtio devices.</summary>
    /// <exception cref="KvmException">KVM did not take a line.</exception>
    /// <exception cref="IOException">The process has too many descriptors open.</exception>
    public X86Interrupts(KvmVm vm, int deviceCount)
    {
        try
        {
            foreach (var line in Enumerable.Range(0, deviceCount).Select(X86BoardLayout.VirtioInterrupt).Append(X86BoardLayout.SerialInterrupt).Distinct())
            {
                _lines[line] = new EventDescriptor();
                vm.AddInterruptEvent(line, _lines[line]!.Handle);
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Asserts a line, or deasserts it, which has no effect. Does nothing after disposal.</summary>
    public void Set(int line, bool asserted)
    {
        if (asserted)
            _lines[line]!.Add();
    }

    /// <summary>Closes the descriptors; KVM keeps its own until the machine is gone.</summary>
    public void Dispose()
    {
        foreach (var line in _lines)
            line?.Dispose();
    }
}
