namespace Virtio.Bench.Guests;

/// <summary>
/// fio in several guests, round after round and job after job in turn. The guests stay booted and idle while another one has its turn; each has a raw file of its
/// own in memory.
/// </summary>
/// <param name="suite">The suite it is for.</param>
/// <param name="files">What they boot from.</param>
/// <param name="bootLimit">How long a boot may take.</param>
/// <param name="report">Where repeated runs are noted.</param>
internal sealed class FioRounds(string suite, GuestFiles files, TimeSpan bootLimit, Report report)
{
    private const int Megabytes = 512;
    private const long DiskLength = 256 << 20;

    /// <summary>Measures.</summary>
    /// <param name="commands">The machines.</param>
    /// <param name="seconds">How long a job runs.</param>
    /// <param name="rounds">How many rounds there are at most.</param>
    /// <param name="clock">Ends them earlier.</param>
    /// <param name="found">Takes each run, and null for one that was not to be had.</param>
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
