namespace Virtio.Vmm;

/// <summary>How a guest learns of its virtio devices and processors.</summary>
public enum MicroVmDeviceDiscovery
{
    /// <summary>The way that the machine's kernels expect: ACPI tables on x86-64, a device tree on RISC-V.</summary>
    Firmware,

    /// <summary>
    /// On x86-64, for kernels that are built without ACPI: <c>virtio_mmio.device=</c> parameters (CONFIG_VIRTIO_MMIO_CMDLINE_DEVICES)
    /// before <see cref="MicroVmOptions.CommandLine"/>, and multiprocessor tables. There are no ACPI tables, so the guest cannot power off.
    /// </summary>
    CommandLine,
}
