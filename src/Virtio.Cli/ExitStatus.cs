namespace Virtio.Cli;

/// <summary>Exit statuses of the process. After a signal it is 128 plus the signal's number, as in shells.</summary>
internal static class ExitStatus
{
    internal const int Success = 0;
    internal const int Failure = 1;
    internal const int Usage = 2;
    internal const int GuestPanicked = 3;

    /// <summary>The same as that of timeout(1).</summary>
    internal const int TimedOut = 124;

    internal const int HungUp = 129;
    internal const int Interrupted = 130;
    internal const int Terminated = 143;
}
