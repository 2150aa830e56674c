using System.Globalization;

namespace Virtio.Bench.Guests;

/// <summary>One way of using a disk.</summary>
/// <param name="Name">What the report calls it.</param>
/// <param name="Arguments">What fio is told.</param>
/// <param name="InMegabytes">Whether the figure is MiB/s rather than operations a second.</param>
internal sealed record FioJob(string Name, string Arguments, bool InMegabytes)
{
    // Fields of fio's terse format, version 3: bandwidth in KiB/s and operations a second, of reads and of writes.
    private const string Format = "3;fio-";
    private const int ReadBandwidth = 6;
    private const int ReadRate = 7;
    private const int WriteRate = 48;

    internal static IReadOnlyList<FioJob> All =>
    [
        new("4 KiB random read, depth 1", "--rw=randread --bs=4k --iodepth=1", false),
        new("4 KiB random read, depth 32", "--rw=randread --bs=4k --iodepth=32", false),
        new("4 KiB random write, depth 32", "--rw=randwrite --bs=4k --iodepth=32", false),
        new("128 KiB sequential read, depth 8", "--rw=read --bs=128k --iodepth=8", true),
    ];

    internal string Unit => InMegabytes ? "MiB/s" : "IOPS";

    internal string Script(int seconds) =>
        $"fio --name=j --filename=/dev/vda --direct=1 --ioengine=libaio {Arguments} --time_based --runtime={seconds} --randrepeat=0 --minimal";

    /// <summary>The figure in what fio wrote; null where there is none.</summary>
    internal double? Parse(string console)
    {
        string? line = console.Split('\n').LastOrDefault(text => text.StartsWith(Format, StringComparison.Ordinal));
        string[] fields = line?.Split(';') ?? [];
        if (fields.Length <= WriteRate)
            return null;
        double Field(int index) => double.Parse(fields[index], CultureInfo.InvariantCulture);
        return InMegabytes ? Field(ReadBandwidth) / 1024 : Math.Max(Field(ReadRate), Field(WriteRate));
    }
}
