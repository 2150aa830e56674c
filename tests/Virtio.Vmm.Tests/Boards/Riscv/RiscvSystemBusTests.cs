using Microsoft.Extensions.Logging.Abstractions;
using Virtio.Devices.Entropy;
using Virtio.Memory;
using Virtio.Transports.Mmio;
using Virtio.Vmm.Boards.Riscv;
using Virtio.Vmm.Boards.Serial;

namespace Virtio.Vmm.Tests.Boards.Riscv;

public sealed class RiscvSystemBusTests : IAsyncDisposable
{
    private const int DeviceCount = 2;

    private static readonly int[] Sizes = [1, 2, 4, 8];

    private readonly GuestMemory _memory = GuestMemory.Allocate((RiscvBoardLayout.MemoryAddress, 1UL << 20));
    private readonly SerialPort _serial;
    private readonly GoldfishClock _clock = new(TimeProvider.System, _ => { });
    private readonly MmioBus _virtio;
    private readonly RiscvSystemBus _bus;

    public RiscvSystemBusTests()
    {
        var plic = new Plic(1, (_, _) => { });
        _serial = new SerialPort(null, null, new FirmwareConsole(isHeldBack: false), _ => { }, NullLogger.Instance);
        var options = new MmioBusOptions { BaseAddress = RiscvBoardLayout.VirtioAddress, DeviceSize = RiscvBoardLayout.VirtioStride };
        _virtio = new MmioBus(options, _memory, [new EntropyDevice(), new EntropyDevice()], plic.SetLevel);
        _bus = new RiscvSystemBus(plic, _serial.Uart, _clock, _virtio);
    }

    public async ValueTask DisposeAsync()
    {
        await _virtio.DisposeAsync();
        await _serial.DisposeAsync();
        _clock.Dispose();
        _memory.Dispose();
    }

    [Fact]
    public void Each_device_answers_at_its_address()
    {
        Assert.True(_bus.TryRead(RiscvBoardLayout.VirtioAddress, 4, out var magic));
        Assert.Equal(0x7472_6976u, magic);
        Assert.True(_bus.TryRead(RiscvBoardLayout.VirtioAddress + RiscvBoardLayout.VirtioStride + 8, 4, out var id));
        Assert.Equal(4u, id);
        Assert.True(_bus.TryRead(RiscvBoardLayout.UartAddress + 5, 1, out var lineStatus));
        Assert.Equal(0x60u, lineStatus);
        Assert.True(_bus.TryWrite(RiscvBoardLayout.PlicAddress + 4, 4, 3));
        Assert.True(_bus.TryRead(RiscvBoardLayout.PlicAddress + 4, 4, out var priority));
        Assert.Equal(3u, priority);
        Assert.True(_bus.TryWrite(RiscvBoardLayout.ClockAddress + 0x0c, 4, 7));
        Assert.True(_bus.TryRead(RiscvBoardLayout.ClockAddress + 0x0c, 4, out var alarm));
        Assert.Equal(7u, alarm);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(RiscvBoardLayout.ClockAddress - 8)]
    [InlineData(RiscvBoardLayout.ClockAddress + GoldfishClock.Size)]
    [InlineData(RiscvBoardLayout.PlicAddress - 8)]
    [InlineData(RiscvBoardLayout.PlicAddress + Plic.Size)]
    [InlineData(RiscvBoardLayout.UartAddress - 8)]
    [InlineData(RiscvBoardLayout.UartAddress + Uart16550.Size)]
    [InlineData(RiscvBoardLayout.VirtioAddress + DeviceCount * RiscvBoardLayout.VirtioStride)]
    [InlineData(RiscvBoardLayout.MemoryAddress - 8)]
    [InlineData(ulong.MaxValue - 7)]
    public void Where_no_device_is_an_access_faults(ulong address)
    {
        foreach (var size in Sizes)
        {
            Assert.False(_bus.TryRead(address, size, out var value));
            Assert.Equal(0u, value);
            Assert.False(_bus.TryWrite(address, size, ulong.MaxValue));
        }
    }

    [Fact]
    public void Every_register_of_every_device_takes_every_width()
    {
        foreach (var (start, length) in new[]
        {
            (RiscvBoardLayout.PlicAddress, 0x3000UL),
            (RiscvBoardLayout.PlicAddress + 0x20_0000, 0x2000UL),
            (RiscvBoardLayout.UartAddress, Uart16550.Size),
            (RiscvBoardLayout.ClockAddress, GoldfishClock.Size),
            (RiscvBoardLayout.VirtioAddress, (ulong)RiscvBoardLayout.VirtioStride),
        })
        {
            for (var address = start; address < start + length; address++)
            {
                foreach (var size in Sizes)
                {
                    Assert.True(_bus.TryRead(address, size, out var value));
                    Assert.True(size == 8 || value >> (size * 8) == 0, $"a read of {size} at 0x{address:x} gave 0x{value:x}");
                    Assert.True(_bus.TryWrite(address, size, ulong.MaxValue));
                }
            }
        }

        Assert.True(_bus.TryRead(RiscvBoardLayout.VirtioAddress, 4, out var magic));
        Assert.Equal(0x7472_6976u, magic);
    }
}
