namespace Virtio.Cli;

/// <summary>What the process says when it ends. Signals end it with 128 and their number, as shells have it.</summary>
internal static class ExitStatus
{
    internal const int Success = 0;
    internal const int Failure = 1;
    internal const int GuestPanicked = 3;
    internal const int HungUp = 129;
    internal const int Interrupted = 130;
    internal const int Terminated = 143;
}
