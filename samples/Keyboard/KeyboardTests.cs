// The keyboard under a driver, with no virtual machine: dotnet run --project samples/Keyboard
using Virtio.Testing;
using Virtio.Transports.Mmio;
using Xunit;

namespace Keyboard;

public sealed class KeyboardTests
{
    private static readonly InputEvent Press = new(InputEvent.KeyType, Code: 30, Value: 1);

    [Fact]
    public async Task A_key_that_was_pressed_before_the_driver_came_reaches_it()
    {
        var keyboard = new KeyboardDevice();
        keyboard.Send(Press);
        keyboard.Send(InputEvent.Report);
        await using var bus = new TestBus(keyboard);
        DriverQueue events = bus.Driver().Start().Queue(0);
        Assert.Equal(Press, InputEvent.From(events.Exchange([], InputEvent.Length)));
        Assert.Equal(InputEvent.Report, InputEvent.From(events.Exchange([], InputEvent.Length)));
    }

    [Fact]
    public async Task The_driver_switches_a_light_on()
    {
        var keyboard = new KeyboardDevice();
        await using var bus = new TestBus(keyboard);
        byte[] capsLock = new byte[InputEvent.Length];
        new InputEvent(InputEvent.LightType, Code: 1, Value: 1).CopyTo(capsLock);
        bus.Driver().Start().Queue(1).Exchange(capsLock, room: 0);
        Assert.Equal(0b010, keyboard.Lights);
    }

    [Fact]
    public async Task The_driver_asks_for_the_name_before_the_device_runs()
    {
        await using var bus = new TestBus(new KeyboardDevice());
        bus.Driver().WriteConfig<ushort>(0, 0x0001);
        byte[] name = new byte[bus.Driver().ReadConfig<byte>(2)];
        bus.Driver().Access(MmioRegisters.Config + 8, name, isWrite: false);
        Assert.Equal("keyboard of a sample"u8, name);
    }
}
