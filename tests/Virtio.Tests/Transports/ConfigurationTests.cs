using System.Buffers.Binary;
using System.Diagnostics;
using Virtio.Devices.Console;
using Virtio.Testing;
using Virtio.Tests.Conformance;
using Virtio.Tests.Testbed;
using Virtio.Transports.Mmio;

namespace Virtio.Tests.Transports;

public sealed class ConfigurationTests
{
    private const int ConfigSize = 0xf00;

    [Theory]
    [MemberData(nameof(DeviceKind.Names), MemberType = typeof(DeviceKind))]
    [Requirement("BASIC-CFG-1")]
    public void Every_byte_reads_the_same_before_negotiation_and_while_running(string name)
    {
        using var bus = new TestBus(DeviceKind.Named(name).Create());
        MmioDriver driver = bus.Driver();
        driver.Status = DeviceStatusBits.Acknowledge | DeviceStatusBits.Driver;
        byte[] before = ReadAll(driver, 1);
        driver.Start();
        Assert.Equal(before, ReadAll(driver, 1));
    }

    [Theory]
    [MemberData(nameof(DeviceKind.Names), MemberType = typeof(DeviceKind))]
    [Requirement("MMIO-D5")]
    public void Every_width_reads_the_same_bytes_and_zeros_beyond_the_end(string name)
    {
        using var bus = new TestBus(DeviceKind.Named(name).Create());
        byte[] bytes = ReadAll(bus.Driver(), 1);
        Assert.All([2, 4, 8], width => Assert.Equal(bytes, ReadAll(bus.Driver(), width)));
        byte[] data = new byte[8];
        for (int offset = 0; offset < ConfigSize - data.Length; offset++)
        {
            bus.Driver().Access(MmioRegisters.Config + offset, data, isWrite: false);
            Assert.Equal(bytes[offset..(offset + data.Length)], data);
        }

        Assert.All(bytes.Skip(0x100), value => Assert.Equal(0, value));
    }

    [Fact]
    [Requirement("MMIO-7")]
    public void The_generation_protocol_never_yields_a_torn_value()
    {
        var console = new ConsoleDevice();
        using var bus = new TestBus(console);
        MmioDriver driver = bus.Driver().Start();
        ushort size = 0;
        using var host = new BackgroundLoop(() =>
        {
            size = unchecked((ushort)(size + 1));
            console.Resize(size, size);
        });
        int changes = 0;
        ushort last = 0;
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < 100_000 || (changes < 100 && Stopwatch.GetElapsedTime(start) < DriverExtensions.Patience); i++)
        {
            (ushort columns, ushort rows) = ReadSize(driver);
            Assert.Equal(columns, rows);
            changes += columns == last ? 0 : 1;
            last = columns;
        }

        host.Stop();
        Assert.InRange(changes, 100, int.MaxValue);
    }

    // Two reads of two bytes, between which the host may change both.
    private static (ushort Columns, ushort Rows) ReadSize(MmioDriver driver)
    {
        Span<byte> columns = stackalloc byte[2];
        Span<byte> rows = stackalloc byte[2];
        while (true)
        {
            uint before = driver.ReadRegister(MmioRegisters.ConfigGeneration);
            driver.Access(MmioRegisters.Config, columns, isWrite: false);
            driver.Access(MmioRegisters.Config + 2, rows, isWrite: false);
            if (before == driver.ReadRegister(MmioRegisters.ConfigGeneration))
                return (BinaryPrimitives.ReadUInt16LittleEndian(columns), BinaryPrimitives.ReadUInt16LittleEndian(rows));
        }
    }

    private static byte[] ReadAll(MmioDriver driver, int width)
    {
        byte[] all = new byte[ConfigSize];
        for (int offset = 0; offset < ConfigSize; offset += width)
            driver.Access(MmioRegisters.Config + offset, all.AsSpan(offset, width), isWrite: false);
        return all;
    }
}
