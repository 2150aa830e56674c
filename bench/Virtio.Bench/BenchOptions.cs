namespace Virtio.Bench;

/// <summary>The options of the command line.</summary>
/// <param name="Suites">The suites to run.</param>
/// <param name="Quick">Few samples: enough to see that it works, not to quote.</param>
/// <param name="Write">Whether to rewrite the page in the repository.</param>
/// <param name="Results">A file for the report, read by the process that started this one; null for none.</param>
internal sealed record BenchOptions(IReadOnlyList<string> Suites, bool Quick, bool Write, string? Results)
{
    internal const string Usage = """
        usage: ./build bench [rings|processor|native|kvm|vhost-user|boot|fio|all] [--quick] [--write|--no-write]

          rings      the device's side of a ring: nanoseconds and bytes allocated per chain, beside a loop in C
          processor  instructions per second of one hart
          native     a disk as a bare-metal guest on KVM sees it, beside QEMU's microvm
          kvm        the stock kernel on KVM, beside QEMU's microvm: start, memory, disk, exits; without real KVM, on an emulated processor
          vhost-user a disk that is served to a driver without a guest, beside qemu-storage-daemon
          boot       from the start of the process to the guest's shell, and memory, beside QEMU
          fio        a disk as the guest's fio sees it, beside QEMU
          all        all of them (default); about 25 minutes
          --quick    few samples, at most ten minutes, nothing written
          --write    puts the figures into docs/performance.md; 'all' does so unless told --no-write
        """;

    /// <summary>Null if the arguments are invalid.</summary>
    internal static BenchOptions? Parse(string[] arguments)
    {
        List<string> suites = [];
        bool quick = false;
        bool? write = null;
        string? results = null;
        for (int i = 0; i < arguments.Length; i++)
        {
            switch (arguments[i])
            {
                case "--quick":
                    quick = true;
                    break;
                case "--write" or "--no-write":
                    write = arguments[i] == "--write";
                    break;
                case "--results" when i + 1 < arguments.Length:
                    results = arguments[++i];
                    break;
                case "all":
                    suites.AddRange(Bench.Suites.All);
                    break;
                case var name when Bench.Suites.All.Contains(name):
                    suites.Add(name);
                    break;
                default:
                    return null;
            }
        }

        IReadOnlyList<string> chosen = suites.Count == 0 ? Bench.Suites.All : [.. Bench.Suites.All.Where(suites.Contains)];
        return new BenchOptions(chosen, quick, write ?? (!quick && chosen.Count == Bench.Suites.All.Count), results);
    }

    /// <summary>Saves the results so far, if the options name a file.</summary>
    internal void Save(Report report)
    {
        if (Results is not null)
            report.ToFile().Write(Results);
    }
}
