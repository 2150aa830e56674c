using System.Globalization;

namespace Virtio.Bench.Guests;

/// <summary>One access pattern of a disk.</summary>
/// <param name="Name">Its name in the report.</param>
/// <param name="Arguments">The arguments for fio.</param>
/// <param name="RequestKilobytes">The length of a request, in KiB.</param>
/// <param name="InMegabytes">Whether the figure is MiB/s rather than operations a second.</param>
internal sealed record FioJob(string Name, string Arguments, int RequestKilobytes, bool InMegabytes)
{
    // Fields of fio's terse format, version 3: KiB, KiB/s and operations a second, of reads and of writes.
    private const string Format = "3;fio-";
    private const int ReadLength = 5;
    private const int ReadBandwidth = 6;
    private const int ReadRate = 7;
    private const int WriteLength = 46;
    private const int WriteRate = 48;

    internal static IReadOnlyList<FioJob> All =>
    [
        new("4 KiB random read, depth 1", "--rw=randread --iodepth=1", 4, false),
        new("4 KiB random read, depth 32", "--rw=randread --iodepth=32", 4, false),
        new("4 KiB random write, depth 32", "--rw=randwrite --iodepth=32", 4, false),
        new("128 KiB sequential read, depth 8", "--rw=read --iodepth=8", 128, true),
    ];

    internal string Unit => InMegabytes ? "MiB/s" : "IOPS";

    internal string Script(int seconds) =>
        $"fio --name=j --filename=/dev/vda --direct=1 --ioengine=libaio {Arguments} --bs={RequestKilobytes}k "
        + $"--time_based --runtime={seconds} --randrepeat=0 --minimal";

    /// <summary>The figure in fio's output, and the number of its requests; null if there is none.</summary>
    internal (double Figure, long Requests)? Parse(string console)
    {
        string? line = console.Split('\n').LastOrDefault(text => text.StartsWith(Format, StringComparison.Ordinal));
        string[] fields = line?.Split(';') ?? [];
        if (fields.Length <= WriteRate)
            return null;
        double Field(int index) => double.Parse(fields[index], CultureInfo.InvariantCulture);
        long requests = (long)(Field(ReadLength) + Field(WriteLength)) / RequestKilobytes;
        return (InMegabytes ? Field(ReadBandwidth) / 1024 : Math.Max(Field(ReadRate), Field(WriteRate)), requests);
    }
}
