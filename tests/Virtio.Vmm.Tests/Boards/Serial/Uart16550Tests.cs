using Virtio.Vmm.Boards.Serial;

namespace Virtio.Vmm.Tests.Boards.Serial;

public sealed class Uart16550Tests
{
    private const ulong Data = 0;
    private const ulong InterruptEnable = 1;
    private const ulong InterruptIdentification = 2;
    private const ulong FifoControl = 2;
    private const ulong LineControl = 3;
    private const ulong ModemControl = 4;
    private const ulong LineStatus = 5;
    private const ulong ModemStatus = 6;
    private const ulong Scratch = 7;
    private const ulong TransmitterEmpty = 0x60;

    private readonly List<byte> _sent = [];
    private readonly Uart16550 _uart;
    private bool _hostHasRoom = true;
    private bool _interrupt;

    public Uart16550Tests() => _uart = new Uart16550(
        value =>
        {
            _sent.Add(value);
            return true;
        },
        () => _hostHasRoom,
        asserted => _interrupt = asserted);

    [Fact]
    public void What_the_guest_writes_is_sent()
    {
        foreach (var value in "hello"u8)
            _uart.Write(Data, value);

        Assert.Equal("hello"u8, _sent.ToArray());
        Assert.Equal(TransmitterEmpty, _uart.Read(LineStatus));
    }

    [Fact]
    public void The_transmitter_is_not_empty_while_the_host_has_no_room_and_interrupts_when_it_has()
    {
        _uart.Write(InterruptEnable, 2);
        _uart.Read(InterruptIdentification);
        _hostHasRoom = false;
        _uart.Write(Data, 'x');
        Assert.False(_interrupt);
        Assert.Equal(0u, _uart.Read(LineStatus));

        _hostHasRoom = true;
        _uart.OnTransmitRoom();

        Assert.True(_interrupt);
        Assert.Equal(2u, _uart.Read(InterruptIdentification));
        Assert.Equal(TransmitterEmpty, _uart.Read(LineStatus));
    }

    [Fact]
    public void A_guest_that_saw_a_full_transmitter_is_interrupted_when_it_empties_though_another_had_filled_it()
    {
        _uart.Write(InterruptEnable, 2);
        _uart.Read(InterruptIdentification);
        _hostHasRoom = false; // the firmware's console goes to the same stream
        Assert.Equal(0u, _uart.Read(LineStatus));

        _hostHasRoom = true;
        _uart.OnTransmitRoom();

        Assert.True(_interrupt);
    }

    [Fact]
    public void The_transmitter_interrupt_goes_with_its_identification_and_comes_with_each_enabling()
    {
        for (var i = 0; i < 3; i++)
        {
            _uart.Write(InterruptEnable, 2);
            Assert.True(_interrupt);
            Assert.Equal(2u, _uart.Read(InterruptIdentification));
            Assert.False(_interrupt);
            Assert.Equal(1u, _uart.Read(InterruptIdentification));
            _uart.Write(InterruptEnable, 0);
        }
    }

    [Fact]
    public void Received_bytes_interrupt_at_the_trigger_or_as_a_timeout_below_it()
    {
        _uart.Write(FifoControl, 0x81); // trigger: 8 bytes
        _uart.Write(InterruptEnable, 1);
        Assert.Equal(0xc1u, _uart.Read(InterruptIdentification));

        Assert.Equal(7, _uart.Receive("1234567"u8));
        Assert.True(_interrupt);
        Assert.Equal(0xccu, _uart.Read(InterruptIdentification));
        _uart.Receive("8"u8);
        Assert.Equal(0xc4u, _uart.Read(InterruptIdentification));

        Assert.Equal(TransmitterEmpty | 1, _uart.Read(LineStatus));
        Assert.Equal("12345678", string.Concat(Enumerable.Range(0, 8).Select(_ => (char)_uart.Read(Data))));
        Assert.False(_interrupt);
        Assert.Equal(TransmitterEmpty, _uart.Read(LineStatus));
        Assert.Equal(0u, _uart.Read(Data));
    }

    [Fact]
    public void The_sender_is_told_when_there_is_room_again()
    {
        var told = 0;
        _uart.ReceiveRoomMade = () => told++;
        Assert.Equal(Uart16550.ReceiveCapacity, _uart.Receive(new byte[Uart16550.ReceiveCapacity + 10]));
        Assert.Equal(0, _uart.Receive([1]));

        _uart.Read(Data);
        _uart.Read(Data);

        Assert.Equal(1, told);
        Assert.Equal(2, _uart.Receive([1, 2, 3]));
    }

    [Fact]
    public void Loopback_returns_the_data_and_the_modem_lines_as_a_probing_driver_expects()
    {
        Assert.Equal(0xb0u, _uart.Read(ModemStatus));
        _uart.Write(ModemControl, 0x1a); // loopback, OUT2, RTS

        Assert.Equal(0x90u, _uart.Read(ModemStatus) & 0xf0);
        _uart.Write(Data, 0x55);
        Assert.Empty(_sent);
        Assert.Equal(0, _uart.Receive([1]));
        Assert.Equal(0x55u, _uart.Read(Data));

        _uart.Write(ModemControl, 0);
        Assert.Equal(0xb0u, _uart.Read(ModemStatus) & 0xf0);
    }

    [Fact]
    public void Loopback_beyond_the_fifo_is_an_overrun_once()
    {
        _uart.Write(ModemControl, 0x10);
        for (var i = 0; i < 17; i++)
            _uart.Write(Data, (ulong)i);

        Assert.Equal(TransmitterEmpty | 3, _uart.Read(LineStatus));
        Assert.Equal(TransmitterEmpty | 1, _uart.Read(LineStatus));
    }

    [Fact]
    public void Changed_modem_lines_interrupt_until_they_are_read()
    {
        _uart.Write(InterruptEnable, 8);
        _uart.Write(ModemControl, 0x10);

        Assert.True(_interrupt);
        Assert.Equal(0u, _uart.Read(InterruptIdentification));
        Assert.Equal(0x0bu, _uart.Read(ModemStatus));
        Assert.False(_interrupt);
    }

    [Fact]
    public void The_divisor_hides_behind_its_bit()
    {
        _uart.Write(LineControl, 0x83);
        _uart.Write(Data, 0x34);
        _uart.Write(InterruptEnable, 0x12);
        Assert.Equal((0x34u, 0x12u), (_uart.Read(Data), _uart.Read(InterruptEnable)));
        _uart.Write(LineControl, 3);

        Assert.Empty(_sent);
        Assert.Equal((0u, 0u), (_uart.Read(Data), _uart.Read(InterruptEnable)));
    }

    [Fact]
    public void The_registers_keep_what_a_probe_writes_and_nothing_more()
    {
        _uart.Write(Scratch, 0xa5);
        _uart.Write(InterruptEnable, 0xff);
        _uart.Write(ModemControl, 0xff);

        Assert.Equal((0xa5u, 0x0fu, 0x1fu), (_uart.Read(Scratch), _uart.Read(InterruptEnable), _uart.Read(ModemControl)));
    }

    [Fact]
    public void Resetting_the_receive_fifo_drops_what_was_received()
    {
        _uart.Write(FifoControl, 1);
        _uart.Receive("abc"u8);

        _uart.Write(FifoControl, 3);

        Assert.Equal(TransmitterEmpty, _uart.Read(LineStatus));
    }

    [Fact]
    public void Every_offset_takes_every_value_and_it_works_afterwards()
    {
        for (ulong offset = 0; offset < 0x200; offset++)
        {
            for (var value = 0u; value < 256; value++)
            {
                _uart.Write(offset, value | 0xffff_ff00_0000_0000);
                Assert.InRange(_uart.Read(offset), 0u, 255u);
            }
        }

        foreach (var offset in new[] { uint.MaxValue, ulong.MaxValue, ulong.MaxValue - 7 })
        {
            _uart.Write(offset, ulong.MaxValue);
            Assert.Equal(0u, _uart.Read(offset));
        }

        _uart.Write(LineControl, 3);
        _uart.Write(ModemControl, 0);
        _sent.Clear();
        What_the_guest_writes_is_sent();
    }
}
