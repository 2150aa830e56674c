using System.Runtime.Versioning;
using Virtio.Kvm;
using Virtio.Linux;

namespace Virtio.Vmm.Boards.X86;

/// <summary>
/// The interrupt lines from devices to KVM's controllers. They are edge-triggered: each assertion is an event that the host kernel handles
/// without a vCPU exit, and a deassertion has no effect. Thread-safe.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed class X86Interrupts : IDisposable
{
    private readonly EventDescriptor?[] _lines = new EventDescriptor?[X86BoardLayout.InterruptCount];

    /// <summary>Connects the serial port's line and those of the virtio devices.</summary>
    /// <exception cref="KvmException">KVM rejected a line.</exception>
    /// <exception cref="IOException">The process has too many descriptors open.</exception>
    public X86Interrupts(KvmVm vm, int deviceCount)
    {
        try
        {
            var lines = Enumerable.Range(0, deviceCount).Select(X86BoardLayout.VirtioInterrupt).Append(X86BoardLayout.SerialInterrupt);
            foreach (var line in lines.Distinct())
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

    /// <summary>Asserts a line. A deassertion has no effect. Does nothing after disposal.</summary>
    public void Set(int line, bool asserted)
    {
        if (asserted)
            _lines[line]!.Add();
    }

    /// <summary>Closes the descriptors. KVM keeps its own references until the VM is gone.</summary>
    public void Dispose()
    {
        foreach (var line in _lines)
            line?.Dispose();
    }
}
