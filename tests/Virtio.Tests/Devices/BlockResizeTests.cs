using System.Diagnostics;
using System.Globalization;
using Virtio.Devices.Block;
using Virtio.Storage;
using Virtio.Testing;
using Virtio.Tests.Conformance;
using Virtio.Tests.Storage;
using Virtio.Tests.Testbed;
using Virtio.Transports.Mmio;

namespace Virtio.Tests.Devices;

/// <summary>A disk whose file another program makes longer or shorter while a driver uses it.</summary>
public sealed class BlockResizeTests : IDisposable
{
    private const int Sector = 512;
    private const int Sectors = 64;

    private readonly TemporaryFolder _folder = new();
    private readonly string _path;
    private readonly BlockDevice _disk;
    private readonly TestBus _bus;

    public BlockResizeTests()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "truncate, a program that ignores file locks, is needed");
        _path = _folder.Sparse("disk.img", Sectors * Sector);
        _disk = new BlockDevice(FileStorage.Open(_path));
        _bus = new TestBus(_disk);
    }

    public void Dispose()
    {
        _bus.Dispose();
        _folder.Dispose();
    }

    [Fact]
    [Requirement("BLK-REQ-1", "BLK-REQ-2")]
    public void A_driver_is_told_of_a_disk_that_grew_and_can_use_its_new_end()
    {
        MmioDriver driver = _bus.Driver().Start();
        var disk = new BlockDriver(driver);
        byte[] data = [.. Enumerable.Repeat((byte)5, Sector)];
        Assert.Equal(BlockResult.IoError, disk.Write(Sectors, data));
        uint generation = driver.ReadRegister(MmioRegisters.ConfigGeneration);
        Truncate(3 * Sectors);

        // The device measures only when it is asked to: the program that makes the file longer may not have finished.
        Assert.Equal((ulong)Sectors, disk.SectorCount);
        Assert.True(_disk.Remeasure());
        Assert.Equal(InterruptBits.ConfigChange, driver.WaitForInterrupt(DriverExtensions.Patience) & InterruptBits.ConfigChange);
        Assert.NotEqual(generation, driver.ReadRegister(MmioRegisters.ConfigGeneration));
        Assert.Equal(3ul * Sectors, disk.SectorCount);
        Assert.Equal(BlockResult.Ok, disk.Write((3 * Sectors) - 1, data));
        byte[] read = new byte[Sector];
        Assert.Equal(BlockResult.Ok, disk.Read((3 * Sectors) - 1, read));
        Assert.Equal(data, read);
        Assert.Equal(BlockResult.IoError, disk.Read(3 * Sectors, read));
    }

    [Fact]
    public void What_lies_beyond_the_end_of_a_disk_that_became_shorter_is_refused()
    {
        MmioDriver driver = _bus.Driver().Start();
        var disk = new BlockDriver(driver);
        Truncate(Sectors / 2);
        Assert.True(_disk.Remeasure());
        Assert.Equal(InterruptBits.ConfigChange, driver.WaitForInterrupt(DriverExtensions.Patience));
        Assert.Equal(Sectors / 2ul, disk.SectorCount);
        Assert.Equal(BlockResult.Ok, disk.Write((Sectors / 2) - 1, new byte[Sector]));
        Assert.Equal(BlockResult.IoError, disk.Write(Sectors / 2, new byte[Sector]));
        Assert.Equal(BlockResult.IoError, disk.Read((Sectors / 2) - 1, new byte[2 * Sector]));
        Assert.Equal(Sectors / 2 * Sector, new FileInfo(_path).Length);
    }

    [Fact]
    public void A_change_while_no_driver_runs_is_announced_to_the_one_that_starts()
    {
        MmioDriver driver = _bus.Driver();
        Truncate(2 * Sectors);
        Assert.True(_disk.Remeasure());
        Assert.Equal(InterruptBits.None, driver.WaitForInterrupt(DriverExtensions.Silence));
        driver.Start();
        Assert.Equal(InterruptBits.ConfigChange, driver.WaitForInterrupt(DriverExtensions.Patience));
        Assert.Equal(2ul * Sectors, new BlockDriver(driver).SectorCount);
    }

    [Fact]
    public void A_length_that_is_as_it_was_or_cannot_be_changes_nothing()
    {
        MmioDriver driver = _bus.Driver().Start();
        Assert.False(_disk.Remeasure());
        Truncate(0);
        Assert.Throws<StorageException>(() => _disk.Remeasure());
        Assert.Equal(Sectors, _disk.SectorCount);
        Assert.Equal(InterruptBits.None, driver.WaitForInterrupt(DriverExtensions.Silence));
    }

    private void Truncate(int sectors)
    {
        using var program = Process.Start("truncate", ["-s", (sectors * Sector).ToString(CultureInfo.InvariantCulture), _path]);
        program.WaitForExit();
        Assert.Equal(0, program.ExitCode);
    }
}
