using System.Diagnostics;
using System.Globalization;
using Virtio.Devices;
using Virtio.Devices.Block;
using Virtio.Devices.Console;
using Virtio.Queues;
using Virtio.Tests.Testbed;
using Virtio.Transports;
using Virtio.Transports.Mmio;

namespace Virtio.Tests.Conformance;

/// <summary>
/// Compares numbers that the standard fixes with the system's C headers. The test compiles and runs a small program that prints them.
/// </summary>
public sealed class NativeConstantsTests
{
    private const string Headers = "virtio_config.h virtio_ring.h virtio_mmio.h virtio_ids.h virtio_blk.h virtio_console.h";

    private static readonly (string Expression, ulong Ours)[] Constants =
    [
        ("1ULL << VIRTIO_RING_F_INDIRECT_DESC", (ulong)VirtioFeatures.IndirectDescriptors),
        ("1ULL << VIRTIO_RING_F_EVENT_IDX", (ulong)VirtioFeatures.EventIndex),
        ("1ULL << VIRTIO_F_VERSION_1", (ulong)VirtioFeatures.Version1),
        ("1ULL << VIRTIO_F_ACCESS_PLATFORM", (ulong)VirtioFeatures.AccessPlatform),
        ("1ULL << VIRTIO_F_RING_PACKED", (ulong)VirtioFeatures.RingPacked),
        ("1ULL << VIRTIO_F_IN_ORDER", (ulong)VirtioFeatures.InOrder),
        ("1ULL << VIRTIO_F_ORDER_PLATFORM", (ulong)VirtioFeatures.OrderPlatform),
        ("1ULL << VIRTIO_F_SR_IOV", (ulong)VirtioFeatures.SingleRootIov),
        ("1ULL << VIRTIO_F_RING_RESET", (ulong)VirtioFeatures.RingReset),
        ("1ULL << VIRTIO_BLK_F_SEG_MAX", (ulong)BlockFeatures.SegmentMaximum),
        ("1ULL << VIRTIO_BLK_F_RO", (ulong)BlockFeatures.ReadOnly),
        ("1ULL << VIRTIO_BLK_F_BLK_SIZE", (ulong)BlockFeatures.BlockSize),
        ("1ULL << VIRTIO_BLK_F_FLUSH", (ulong)BlockFeatures.Flush),
        ("1ULL << VIRTIO_CONSOLE_F_SIZE", (ulong)ConsoleFeatures.Size),
        ("1ULL << VIRTIO_CONSOLE_F_EMERG_WRITE", (ulong)ConsoleFeatures.EmergencyWrite),
        ("VIRTIO_ID_NET", (ulong)DeviceId.Network),
        ("VIRTIO_ID_BLOCK", (ulong)DeviceId.Block),
        ("VIRTIO_ID_CONSOLE", (ulong)DeviceId.Console),
        ("VIRTIO_ID_RNG", (ulong)DeviceId.Entropy),
        ("VIRTIO_ID_BALLOON", (ulong)DeviceId.Balloon),
        ("VIRTIO_ID_IOMEM", (ulong)DeviceId.IoMemory),
        ("VIRTIO_ID_RPMSG", (ulong)DeviceId.RemoteProcessorMessaging),
        ("VIRTIO_ID_SCSI", (ulong)DeviceId.Scsi),
        ("VIRTIO_ID_9P", (ulong)DeviceId.NineP),
        ("VIRTIO_ID_MAC80211_WLAN", (ulong)DeviceId.Mac80211Wlan),
        ("VIRTIO_ID_RPROC_SERIAL", (ulong)DeviceId.RemoteProcessorSerial),
        ("VIRTIO_ID_CAIF", (ulong)DeviceId.Caif),
        ("VIRTIO_ID_MEMORY_BALLOON", (ulong)DeviceId.MemoryBalloon),
        ("VIRTIO_ID_GPU", (ulong)DeviceId.Gpu),
        ("VIRTIO_ID_CLOCK", (ulong)DeviceId.RealTimeClock),
        ("VIRTIO_ID_INPUT", (ulong)DeviceId.Input),
        ("VIRTIO_ID_VSOCK", (ulong)DeviceId.Socket),
        ("VIRTIO_ID_CRYPTO", (ulong)DeviceId.Crypto),
        ("VIRTIO_ID_SIGNAL_DIST", (ulong)DeviceId.SignalDistribution),
        ("VIRTIO_ID_PSTORE", (ulong)DeviceId.PersistentStore),
        ("VIRTIO_ID_IOMMU", (ulong)DeviceId.Iommu),
        ("VIRTIO_ID_MEM", (ulong)DeviceId.Memory),
        ("VIRTIO_ID_SOUND", (ulong)DeviceId.Sound),
        ("VIRTIO_ID_FS", (ulong)DeviceId.FileSystem),
        ("VIRTIO_ID_PMEM", (ulong)DeviceId.PersistentMemory),
        ("VIRTIO_ID_RPMB", (ulong)DeviceId.ReplayProtectedMemoryBlock),
        ("VIRTIO_ID_MAC80211_HWSIM", (ulong)DeviceId.Mac80211Simulation),
        ("VIRTIO_ID_VIDEO_ENCODER", (ulong)DeviceId.VideoEncoder),
        ("VIRTIO_ID_VIDEO_DECODER", (ulong)DeviceId.VideoDecoder),
        ("VIRTIO_ID_SCMI", (ulong)DeviceId.SystemControl),
        ("VIRTIO_ID_NITRO_SEC_MOD", (ulong)DeviceId.NitroSecureModule),
        ("VIRTIO_ID_I2C_ADAPTER", (ulong)DeviceId.I2c),
        ("VIRTIO_ID_WATCHDOG", (ulong)DeviceId.Watchdog),
        ("VIRTIO_ID_CAN", (ulong)DeviceId.Can),
        ("VIRTIO_ID_PARAM_SERV", (ulong)DeviceId.ParameterServer),
        ("VIRTIO_ID_AUDIO_POLICY", (ulong)DeviceId.AudioPolicy),
        ("VIRTIO_ID_BT", (ulong)DeviceId.Bluetooth),
        ("VIRTIO_ID_GPIO", (ulong)DeviceId.Gpio),
        ("VIRTIO_CONFIG_S_ACKNOWLEDGE", (ulong)DeviceStatus.Acknowledge),
        ("VIRTIO_CONFIG_S_DRIVER", (ulong)DeviceStatus.Driver),
        ("VIRTIO_CONFIG_S_DRIVER_OK", (ulong)DeviceStatus.DriverOk),
        ("VIRTIO_CONFIG_S_FEATURES_OK", (ulong)DeviceStatus.FeaturesOk),
        ("VIRTIO_CONFIG_S_NEEDS_RESET", (ulong)DeviceStatus.NeedsReset),
        ("VIRTIO_CONFIG_S_FAILED", (ulong)DeviceStatus.Failed),
        ("VRING_DESC_F_NEXT", (ulong)DescriptorFlags.Next),
        ("VRING_DESC_F_WRITE", (ulong)DescriptorFlags.Write),
        ("VRING_DESC_F_INDIRECT", (ulong)DescriptorFlags.Indirect),
        ("1 << VRING_PACKED_DESC_F_AVAIL", (ulong)DescriptorFlags.Available),
        ("1 << VRING_PACKED_DESC_F_USED", (ulong)DescriptorFlags.Used),
        ("sizeof(struct vring_packed_desc)", Testing.PackedDescriptor.Size),
        ("offsetof(struct vring_packed_desc, len)", 8),
        ("offsetof(struct vring_packed_desc, id)", 12),
        ("offsetof(struct vring_packed_desc, flags)", 14),
        ("sizeof(struct vring_packed_desc_event)", PackedRing.EventSize),
        ("offsetof(struct vring_packed_desc_event, flags)", 2),
        ("VRING_PACKED_EVENT_FLAG_ENABLE", 0),
        ("VRING_PACKED_EVENT_FLAG_DISABLE", 1),
        ("VRING_PACKED_EVENT_FLAG_DESC", 2),
        ("VRING_PACKED_EVENT_F_WRAP_CTR", 15),
        ("VIRTIO_MMIO_MAGIC_VALUE", MmioRegisters.Magic),
        ("VIRTIO_MMIO_VERSION", MmioRegisters.DeviceVersion),
        ("VIRTIO_MMIO_DEVICE_ID", MmioRegisters.DeviceId),
        ("VIRTIO_MMIO_VENDOR_ID", MmioRegisters.VendorId),
        ("VIRTIO_MMIO_DEVICE_FEATURES", MmioRegisters.DeviceFeatures),
        ("VIRTIO_MMIO_DEVICE_FEATURES_SEL", MmioRegisters.DeviceFeaturesSelect),
        ("VIRTIO_MMIO_DRIVER_FEATURES", MmioRegisters.DriverFeatures),
        ("VIRTIO_MMIO_DRIVER_FEATURES_SEL", MmioRegisters.DriverFeaturesSelect),
        ("VIRTIO_MMIO_QUEUE_SEL", MmioRegisters.QueueSelect),
        ("VIRTIO_MMIO_QUEUE_NUM_MAX", MmioRegisters.QueueSizeMaximum),
        ("VIRTIO_MMIO_QUEUE_NUM", MmioRegisters.QueueSize),
        ("VIRTIO_MMIO_QUEUE_READY", MmioRegisters.QueueReady),
        ("VIRTIO_MMIO_QUEUE_NOTIFY", MmioRegisters.QueueNotify),
        ("VIRTIO_MMIO_INTERRUPT_STATUS", MmioRegisters.InterruptStatus),
        ("VIRTIO_MMIO_INTERRUPT_ACK", MmioRegisters.InterruptAcknowledge),
        ("VIRTIO_MMIO_STATUS", MmioRegisters.Status),
        ("VIRTIO_MMIO_QUEUE_DESC_LOW", MmioRegisters.QueueDescriptorLow),
        ("VIRTIO_MMIO_QUEUE_DESC_HIGH", MmioRegisters.QueueDescriptorHigh),
        ("VIRTIO_MMIO_QUEUE_AVAIL_LOW", MmioRegisters.QueueDriverLow),
        ("VIRTIO_MMIO_QUEUE_AVAIL_HIGH", MmioRegisters.QueueDriverHigh),
        ("VIRTIO_MMIO_QUEUE_USED_LOW", MmioRegisters.QueueDeviceLow),
        ("VIRTIO_MMIO_QUEUE_USED_HIGH", MmioRegisters.QueueDeviceHigh),
        ("VIRTIO_MMIO_SHM_SEL", MmioRegisters.SharedMemorySelect),
        ("VIRTIO_MMIO_SHM_LEN_LOW", MmioRegisters.SharedMemoryLengthLow),
        ("VIRTIO_MMIO_SHM_BASE_HIGH", MmioRegisters.SharedMemoryBaseHigh),
        ("VIRTIO_MMIO_CONFIG_GENERATION", MmioRegisters.ConfigGeneration),
        ("VIRTIO_MMIO_CONFIG", MmioRegisters.Config),
        ("VIRTIO_MMIO_INT_VRING", InterruptStatus.UsedBuffer),
        ("VIRTIO_MMIO_INT_CONFIG", InterruptStatus.ConfigChange),
        ("VIRTIO_BLK_T_IN", (ulong)BlockRequestType.Read),
        ("VIRTIO_BLK_T_OUT", (ulong)BlockRequestType.Write),
        ("VIRTIO_BLK_T_FLUSH", (ulong)BlockRequestType.Flush),
        ("VIRTIO_BLK_T_GET_ID", (ulong)BlockRequestType.GetId),
        ("VIRTIO_BLK_ID_BYTES", BlockDevice.IdLength),
        ("VIRTIO_BLK_S_OK", (ulong)BlockStatus.Ok),
        ("VIRTIO_BLK_S_IOERR", (ulong)BlockStatus.IoError),
        ("VIRTIO_BLK_S_UNSUPP", (ulong)BlockStatus.Unsupported),
        ("offsetof(struct virtio_blk_config, capacity)", 0),
        ("offsetof(struct virtio_blk_config, seg_max)", 12),
        ("offsetof(struct virtio_blk_config, blk_size)", 20),
        ("sizeof(struct virtio_blk_outhdr)", 16),
        ("offsetof(struct virtio_blk_outhdr, sector)", 8),
        ("offsetof(struct virtio_console_config, cols)", 0),
        ("offsetof(struct virtio_console_config, rows)", 2),
        ("offsetof(struct virtio_console_config, emerg_wr)", 8),
    ];

    [Fact]
    public async Task Our_numbers_are_those_of_the_systems_headers()
    {
        if (!OperatingSystem.IsLinux() || !Headers.Split(' ').All(header => File.Exists("/usr/include/linux/" + header)))
            Assert.Skip("the system has no linux/virtio_*.h: install linux-libc-dev");
        DirectoryInfo folder = Directory.CreateTempSubdirectory("virtio-constants-");
        try
        {
            string source = Path.Combine(folder.FullName, "constants.c");
            string program = Path.Combine(folder.FullName, "constants");
            await File.WriteAllTextAsync(source, Source(), TestContext.Current.CancellationToken);
            if (await RunAsync("gcc", "-o", program, source) is null)
                Assert.Skip("the system has no gcc");
            string[] lines = (await RunAsync(program))!.Split('\n', StringSplitOptions.RemoveEmptyEntries);
            Assert.Equal(Constants.Select(row => row.Expression), lines.Select(line => line.Split('=')[0]));
            Assert.All(Constants.Zip(lines), pair => Assert.Equal($"{pair.First.Expression}={pair.First.Ours}", pair.Second));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static string Source()
    {
        IEnumerable<string> includes = Headers.Split(' ').Select(header => $"#include <linux/{header}>");
        IEnumerable<string> prints = Constants.Select(
            row => $"printf(\"%s=%llu\\n\", \"{row.Expression}\", (unsigned long long)({row.Expression}));");
        return string.Create(CultureInfo.InvariantCulture, $"""
            #include <stddef.h>
            #include <stdint.h>
            #include <stdio.h>
            {string.Join('\n', includes)}
            int main(void)
            {'{'}
            {string.Join('\n', prints)}
            return 0;
            {'}'}
            """);
    }

    /// <summary>Runs a program and returns its output; null when there is no such program.</summary>
    private static async Task<string?> RunAsync(string program, params string[] arguments)
    {
        using var process = new Process
        {
            StartInfo = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true },
        };
        try
        {
            process.Start();
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }

        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        try
        {
            Task<string> errors = process.StandardError.ReadToEndAsync(limit.Token);
            string output = await process.StandardOutput.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token);
            Assert.True(process.ExitCode == 0, $"{program}: {await errors}");
            return output;
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }
}
