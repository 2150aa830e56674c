using Virtio.Memory;
using Virtio.Vmm.Boards.X86.Acpi;

namespace Virtio.Vmm.Boards.X86;

/// <summary>Writes the tables that a PC's firmware would leave in memory for the kernel to find.</summary>
internal static class X86Firmware
{
    // In real mode, at the reset vector: mov dx, the reset register; mov al, its value; out dx, al; hlt.
    private static ReadOnlySpan<byte> ResetCode =>
        [0xba, X86BoardLayout.ResetPort & 0xff, X86BoardLayout.ResetPort >> 8, 0xb0, X86BoardLayout.ResetValue, 0xee, 0xf4];

    /// <summary>
    /// Describes processors and devices. A kernel without another way to reboot jumps to the reset vector, where the code asks for the
    /// reset. Linux does so where the ACPI tables say that the hardware is reduced.
    /// </summary>
    /// <returns>The address of the ACPI root pointer; zero where there is none.</returns>
    public static ulong Write(GuestMemory memory, MicroVmOptions options)
    {
        memory.TryWrite(X86BoardLayout.ResetVectorAddress, ResetCode);
        if (options.DeviceDiscovery == MicroVmDeviceDiscovery.CommandLine)
        {
            memory.TryWrite(X86BoardLayout.MultiprocessorTableAddress, MultiprocessorTable.Make(options.ProcessorCount));
            return 0;
        }

        memory.TryWrite(X86BoardLayout.AcpiAddress, AcpiTables.Make(options.ProcessorCount, options.Devices.Count));
        return X86BoardLayout.AcpiAddress;
    }
}
