namespace Virtio.Bench.Guests;

/// <summary>
/// Runs fio in several guests, round after round and job after job in turn. The other guests stay booted and idle meanwhile. Each guest has
/// a raw file in memory of its own.
/// </summary>
/// <param name="suite">The suite that uses it.</param>
/// <param name="files">The files that the guests boot from.</param>
/// <param name="bootLimit">The longest time of a boot.</param>
/// <param name="report">Receives notes of repeated runs.</param>
internal sealed class FioRounds(string suite, GuestFiles files, TimeSpan bootLimit, Report report)
{
    private const int Megabytes = 512;
    private const long DiskLength = 256 << 20;

    /// <summary>Measures all jobs.</summary>
    /// <param name="commands">The machines.</param>
    /// <param name="seconds">The duration of a job.</param>
    /// <param name="rounds">The most rounds.</param>
    /// <param name="clock">Ends the rounds early.</param>
    /// <param name="found">Receives each run, and null for a run without a figure.</param>
    internal void Run(IReadOnlyList<GuestCommand> commands, int seconds, int rounds, Clock clock, Action<FioJob, string, FioRun?> found)
    {
        List<FioGuest> guests = [];
        try
        {
            foreach (GuestCommand command in commands)
            {
                string disk = files.CreateDisk($"fio-{guests.Count}", DiskLength, marked: true);
                GuestFiles.Fill(disk);
                guests.Add(new FioGuest(suite, command, command.Arguments(files, files.FullInitrd, Megabytes, disk), bootLimit));
            }

            for (int round = 0; round < rounds && clock.HasTimeFor(round); round++)
            {
                foreach (FioJob job in FioJob.All)
                    guests.ForEach(guest => found(job, guest.Command.Subject, guest.Run(job, seconds, report)));
            }
        }
        finally
        {
            guests.ForEach(guest => guest.Dispose());
        }
    }
}
