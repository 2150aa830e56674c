using System.IO.Pipelines;
using System.Text;
using Virtio.Devices.Console;

namespace Virtio.Tests.Devices.Console;

public class ConsoleOutputTests
{
    private const int EmergencyWrite = 8;

    [Fact]
    public async Task Emergency_write_reaches_the_output_before_the_driver_starts()
    {
        var output = new MemoryStream();
        await using var device = new ConsoleDevice(new ConsoleDeviceOptions { Output = output });

        device.WriteConfig(EmergencyWrite, [0x41, 0x33, 0x22, 0x11]);
        device.WriteConfig(EmergencyWrite - 4, [1, 2, 3, 4, 0x42, 6, 7, 8]);
        device.WriteConfig(EmergencyWrite + 1, [0x43]);
        device.WriteConfig(0, [0x44, 0, 0, 0]);
        await device.FlushAsync();

        Assert.Equal("AB", Encoding.ASCII.GetString(output.ToArray()));
    }

    [Fact]
    public async Task Flush_waits_for_a_slow_reader_and_disposing_does_not()
    {
        // A pipe that takes one byte before its writer has to wait for the reader.
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 1, resumeWriterThreshold: 1));
        var device = new ConsoleDevice(new ConsoleDeviceOptions { Output = pipe.Writer.AsStream() });
        device.WriteConfig(EmergencyWrite, [0x41]);

        Task flush = device.FlushAsync();
        using var soon = new CancellationTokenSource();
        Task cancelled = device.FlushAsync(soon.Token);
        await soon.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
        Assert.False(flush.IsCompleted);
        await device.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30));
        await flush.WaitAsync(TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task Output_that_fails_is_given_up_and_nobody_waits_for_it()
    {
        var pipe = new MemoryStream([], writable: false);
        await using var device = new ConsoleDevice(new ConsoleDeviceOptions { Output = pipe });

        for (int i = 0; i < 100_000; i++)
            device.WriteConfig(EmergencyWrite, [0x41]);

        await device.FlushAsync().WaitAsync(TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task Disposing_delivers_what_is_left()
    {
        var output = new MemoryStream();
        var device = new ConsoleDevice(new ConsoleDeviceOptions { Output = output });
        for (int i = 0; i < 1000; i++)
            device.WriteConfig(EmergencyWrite, [(byte)i]);

        await device.DisposeAsync();

        Assert.Equal(Enumerable.Range(0, 1000).Select(i => (byte)i), output.ToArray());
    }

    [Fact]
    public async Task Size_is_in_configuration_space_and_changes_its_generation()
    {
        await using var device = new ConsoleDevice(new ConsoleDeviceOptions { Columns = 80, Rows = 25 });
        uint before = device.ConfigGeneration;

        device.Resize(300, 50);
        uint after = device.ConfigGeneration;
        device.Resize(300, 50);

        byte[] config = new byte[16];
        device.ReadConfig(0, config);
        Assert.Equal([300 & 0xff, 300 >> 8, 50, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], config);
        Assert.NotEqual(before, after);
        Assert.Equal(after, device.ConfigGeneration);
    }
}
