using System.IO.Pipelines;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Virtio.Vmm.Boards.Serial;
using Virtio.Vmm.Tests.Machines;

namespace Virtio.Vmm.Tests.Boards.Serial;

public sealed class SerialPortTests
{
    private static readonly TimeSpan TimeLimit = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Output_arrives_whole_and_in_order_when_the_guest_waits_for_the_transmitter()
    {
        using var stream = new MemoryStream();
        var expected = RandomNumberGenerator.GetBytes(500_000);
        await using (var port = Make(output: stream))
        {
            foreach (var value in expected)
            {
                Assert.True(SpinWait.SpinUntil(() => (port.Uart.Read(5) & 0x20) != 0, TimeLimit), "the transmitter stayed full");
                port.Uart.Write(0, value);
            }
        }

        Assert.Equal(expected, stream.ToArray());
    }

    [Fact]
    public async Task Output_given_before_the_end_is_delivered_by_the_end()
    {
        using var stream = new MemoryStream();
        await using (var port = Make(output: stream))
            port.WriteFirmware("last words"u8);

        Assert.Equal("last words", Encoding.ASCII.GetString(stream.ToArray()));
    }

    [Fact]
    public async Task A_stream_that_never_takes_its_bytes_stops_neither_the_guest_nor_the_end()
    {
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 1, resumeWriterThreshold: 1));
        var port = Make(output: pipe.Writer.AsStream());
        for (var i = 0; i < SerialOutput.Capacity * 3; i++)
            port.Uart.Write(0, 'x');

        Assert.Equal(0u, port.Uart.Read(5) & 0x20);
        await port.DisposeAsync().AsTask().WaitAsync(TimeLimit);
    }

    [Fact]
    public async Task Streams_that_throw_when_they_are_cancelled_do_not_disturb_the_end()
    {
        var port = Make(output: new FaultyStream(), input: new FaultyStream());
        port.Uart.Write(0, 'x');
        await port.DisposeAsync().AsTask().WaitAsync(TimeLimit);
    }

    [Fact]
    public async Task A_stream_that_fails_leaves_the_guest_a_port_that_is_always_ready()
    {
        var stream = new MemoryStream([], writable: false);
        await using var port = Make(output: stream);
        port.Uart.Write(0, 'x');
        for (var i = 0; i < SerialOutput.Capacity * 3; i++)
            port.Uart.Write(0, 'x');

        Assert.True(SpinWait.SpinUntil(() => (port.Uart.Read(5) & 0x20) != 0, TimeLimit));
    }

    [Fact]
    public async Task Input_of_any_length_arrives_whole_and_in_order()
    {
        var expected = RandomNumberGenerator.GetBytes(100_000);
        using var stream = new MemoryStream(expected);
        await using var port = Make(input: stream);

        var received = new byte[expected.Length];
        for (var i = 0; i < received.Length; i++)
        {
            Assert.True(SpinWait.SpinUntil(() => (port.Uart.Read(5) & 1) != 0, TimeLimit), $"byte {i} never came");
            received[i] = (byte)port.Uart.Read(0);
        }

        Assert.Equal(expected, received);
    }

    [Fact]
    public async Task An_input_that_has_nothing_to_say_does_not_hold_up_the_end()
    {
        var pipe = new Pipe();
        var port = Make(input: pipe.Reader.AsStream());

        await port.DisposeAsync().AsTask().WaitAsync(TimeLimit);
    }

    [Fact]
    public async Task The_log_keeps_the_last_output_from_both_ways()
    {
        await using var port = Make();
        for (var i = 0; i < SerialLog.Capacity; i++)
            port.Uart.Write(0, 'x');
        port.WriteFirmware("from firmware, "u8);
        foreach (var value in "from port"u8)
            port.Uart.Write(0, value);

        Assert.Equal(SerialLog.Capacity, port.Log.Length);
        Assert.EndsWith("xfrom firmware, from port", port.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_panic_is_seen_on_both_ways()
    {
        await using var first = Make();
        await using var second = Make();
        first.WriteFirmware("Kernel panic - not syncing: one\n"u8);
        foreach (var value in "Kernel panic - not syncing: two\n"u8)
            second.Uart.Write(0, value);

        Assert.Equal(("Kernel panic - not syncing: one", "Kernel panic - not syncing: two"), (first.PanicMessage, second.PanicMessage));
    }

    [Fact]
    public async Task Text_that_is_held_back_is_shown_when_the_port_never_speaks()
    {
        using var stream = new MemoryStream();
        var port = Make(output: stream, isHeldBack: true);
        port.WriteFirmware("early"u8);
        Assert.Equal(0, stream.Length);
        await port.DisposeAsync();

        Assert.Equal("early", Encoding.ASCII.GetString(stream.ToArray()));
        Assert.Equal("early", port.Log);
    }

    [Fact]
    public async Task Text_that_is_held_back_is_dropped_when_the_port_speaks()
    {
        using var stream = new MemoryStream();
        var port = Make(output: stream, isHeldBack: true);
        port.WriteFirmware("early"u8);
        port.Uart.Write(0, 'x');
        await port.DisposeAsync();

        Assert.Equal("x", Encoding.ASCII.GetString(stream.ToArray()));
        Assert.Equal("x", port.Log);
    }

    [Theory]
    [InlineData(false, 1)]
    [InlineData(true, 0)]
    public async Task A_kernel_that_died_early_on_the_port_itself_is_reported_unless_a_driver_was_there_whose_programs_may_print_anything(
        bool isDriven, int expected)
    {
        var deaths = 0;
        await using var port = Make();
        port.KernelDied = () => deaths++;
        if (isDriven)
            port.Uart.Write(1, 1);
        port.Uart.Write(1, 0);
        for (var i = 0; i < 2; i++)
        {
            foreach (var value in "Kernel panic - not syncing: no memory\n---[ end Kernel panic - not syncing: no memory ]---\n"u8)
                port.Uart.Write(0, value);
        }

        Assert.Equal(expected, deaths);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_kernel_that_died_early_is_reported_once(bool isHeldBack)
    {
        var deaths = 0;
        await using var port = Make(isHeldBack: isHeldBack);
        port.KernelDied = () => deaths++;
        for (var i = 0; i < 2; i++)
            port.WriteFirmware("Kernel panic - not syncing: no memory\n---[ end Kernel panic - not syncing: no memory ]---\n"u8);

        Assert.Equal(1, deaths);
        Assert.Equal("Kernel panic - not syncing: no memory", port.PanicMessage);
    }

    private static SerialPort Make(Stream? output = null, Stream? input = null, bool isHeldBack = false) =>
        new(output, input, new FirmwareConsole(isHeldBack), _ => { }, NullLogger.Instance);
}
