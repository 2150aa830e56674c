using Virtio.Memory;
using Virtio.Vmm.Boards.X86.Acpi;

namespace Virtio.Vmm.Boards.X86;

/// <summary>Writes what a PC's firmware would leave in memory for the kernel to find.</summary>
internal static class X86Firmware
{
    /// <summary>Describes processors and devices.</summary>
    /// <returns>The address of the ACPI root pointer; zero where there is none.</returns>
    public static ulong Write(GuestMemory memory, MicroVmOptions options)
    {
        if (options.DeviceDiscovery == MicroVmDeviceDiscovery.CommandLine)
        {
            memory.TryWrite(X86BoardLayout.MultiprocessorTableAddress, MultiprocessorTable.Make(options.ProcessorCount));
            return 0;
        }

        memory.TryWrite(X86BoardLayout.AcpiAddress, AcpiTables.Make(options.ProcessorCount, options.Devices.Count));
        return X86BoardLayout.AcpiAddress;
    }
}
