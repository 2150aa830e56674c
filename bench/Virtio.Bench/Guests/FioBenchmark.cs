namespace Virtio.Bench.Guests;

/// <summary>
/// A disk as the guest's own fio sees it. The machines stay booted and idle while another one has its turn, on one and the same raw file in memory.
/// </summary>
internal static class FioBenchmark
{
    private const int Megabytes = 512;
    private const long DiskLength = 256 << 20;

    private static readonly TimeSpan BootLimit = TimeSpan.FromSeconds(60);

    internal static void Run(BenchOptions options, Report report)
    {
        using var files = GuestFiles.Create();
        int seconds = options.Quick ? 1 : 3;
        List<FioGuest> guests = [];
        try
        {
            foreach (GuestCommand command in GuestCommand.Find(Suites.Fio, report, Report.Native, Report.Qemu))
            {
                string disk = files.CreateDisk($"disk-{guests.Count}", DiskLength, marked: true);
                GuestFiles.Fill(disk);
                guests.Add(new FioGuest(command, command.Arguments(files, files.FullInitrd, Megabytes, disk), BootLimit));
            }

            Measure(guests, seconds, options, report);
        }
        finally
        {
            guests.ForEach(guest => guest.Dispose());
        }
    }

    private static void Measure(List<FioGuest> guests, int seconds, BenchOptions options, Report report)
    {
        string[] subjects = [.. guests.Select(guest => guest.Command.Subject)];
        Dictionary<FioJob, Rounds> all = FioJob.All.ToDictionary(job => job, _ => new Rounds(Suites.Fio, subjects));
        var clock = new Clock(options.Quick ? 40 : 200);
        for (int round = 0; round < (options.Quick ? 2 : 5) && clock.HasTimeFor(round); round++)
        {
            foreach ((FioJob job, Rounds rounds) in all)
            {
                foreach (FioGuest guest in guests)
                    rounds.Add(guest.Command.Subject, guest.Run(job, seconds, report));
            }
        }

        foreach ((FioJob job, Rounds rounds) in all)
            rounds.Report(report, job.Name, job.Unit, moreIsBetter: true);
    }
}
