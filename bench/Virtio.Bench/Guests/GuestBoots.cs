namespace Virtio.Bench.Guests;

/// <summary>Boots machines from the same files, each from a fresh copy of one disk.</summary>
/// <param name="suite">The suite that uses it.</param>
/// <param name="files">The files that the machines boot from.</param>
/// <param name="limit">The longest time of a boot.</param>
/// <param name="report">Receives notes of repeated boots.</param>
internal sealed class GuestBoots(string suite, GuestFiles files, TimeSpan limit, Report report)
{
    private const long DiskLength = 64 << 20;
    private const int Attempts = 3;

    private readonly string _disk = files.CreateDisk("disk", DiskLength, marked: false);

    /// <summary>
    /// Boots each machine once. The first boot creates the disk's file system, which the measured boots mount. Afterwards the programs are
    /// in the host's page cache.
    /// </summary>
    internal void Prepare(IReadOnlyList<GuestCommand> commands, int megabytes)
    {
        bool formatted = false;
        foreach (GuestCommand command in commands)
        {
            string target = formatted ? GuestFiles.Copy(_disk) : _disk;
            using var guest = GuestProcess.Start(command.Program, command.Arguments(files, files.SmallInitrd, megabytes, target));
            if (guest.ReadUntil(GuestCommand.Prompt, limit) is null)
                continue;
            guest.Send("sync; poweroff\n");
            formatted |= guest.ReadUntil("\0", limit) is null;
        }
    }

    /// <summary>Boots once; null if there was no prompt in several attempts.</summary>
    internal GuestBoot? Try(GuestCommand command, string initrd, int megabytes)
    {
        for (int attempt = 0; attempt < Attempts; attempt++)
        {
            using var guest = GuestProcess.Start(command.Program, command.Arguments(files, initrd, megabytes, GuestFiles.Copy(_disk)));
            string? console = guest.ReadUntil(GuestCommand.Prompt, limit);
            double seconds = guest.Elapsed.TotalSeconds;
            if (console is not null)
            {
                long? beside = ResidentMemory.BesideGuest(guest.Id, (long)megabytes << 20, files.Signature);
                return new GuestBoot(seconds, guest.ProcessorTime.TotalSeconds, beside / (1024.0 * 1024));
            }

            report.Note(
                suite,
                $"A run of {command.Subject} had no prompt within {limit.TotalSeconds} s and was repeated. {guest.Errors}".TrimEnd());
        }

        return null;
    }
}
