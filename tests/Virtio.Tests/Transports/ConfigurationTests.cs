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

    // Two reads of two bytes; the host may change both values between them.
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
}
