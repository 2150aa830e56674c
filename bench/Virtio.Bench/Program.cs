using Virtio.Bench;
using Virtio.Bench.Guests;
using Virtio.Bench.Kvm;
using Virtio.Bench.Native;
using Virtio.Bench.Output;
using Virtio.Bench.Processor;
using Virtio.Bench.Rings;
using Virtio.Bench.VhostUser;

if (BenchOptions.Parse(args) is not { } options)
{
    bool asked = args is ["--help" or "-h"];
    (asked ? Console.Out : Console.Error).WriteLine(BenchOptions.Usage);
    return asked ? 0 : 1;
}

var report = new Report();
foreach (string suite in options.Suites)
{
    Console.Error.WriteLine($"bench: {suite}");
    switch (suite)
    {
        case Suites.Rings:
            RingBenchmark.Run(options, report);
            break;
        case Suites.Processor:
            await ProcessorBenchmark.RunAsync(options, report);
            break;
        case Suites.Native:
            NativeBenchmark.Run(options, report);
            break;
        case Suites.Kvm:
            KvmBenchmark.Run(options, report);
            break;
        case Suites.VhostUser:
            VhostUserBenchmark.Run(options, report);
            break;
        case Suites.Boot:
            BootBenchmark.Run(options, report);
            break;
        default:
            FioBenchmark.Run(options, report);
            break;
    }
}

// The process that asked for a file with the results prints them itself.
if (options.Results is not null)
    return 0;
Console.Write(TextTable.Of(report.Results));
foreach (string note in options.Suites.SelectMany(report.NotesOf))
    Console.WriteLine(note);
if (options.Write)
    new PerformancePage(report, options).Write();
return 0;
