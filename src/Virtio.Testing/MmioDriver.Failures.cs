namespace Virtio.Testing;

/// <content>Reports the failures of the device.</content>
public sealed partial class MmioDriver
{
    private readonly FailureRecorder _recorder;

    /// <summary>
    /// The first exception of the device's or its storage's own code, as it was logged; null when there is none. It counts as seen from now
    /// on: the disposal of the bus does not throw it, and the next failure is recorded in its place.
    /// </summary>
    public Exception? ShowFailure() => _recorder.Show()?.Exception;

    /// <summary>Whether the device needs a reset. Then it completes nothing more.</summary>
    internal bool NeedsReset => (Status & DeviceStatusBits.NeedsReset) != 0;

    /// <summary>The exception to throw when the device needs a reset.</summary>
    internal DeviceFailureException Failed(string consequence)
    {
        // The device sets its status a moment before it logs the cause.
        DeviceFailure? failure = null;
        SpinWait.SpinUntil(() => (failure = _recorder.Show()) is not null, TimeSpan.FromSeconds(1));
        return new DeviceFailureException(
            $"{consequence}, because the device needs a reset: {failure?.Message ?? "it logged no reason"}", failure?.Exception);
    }

    private TimeoutException NotEnded(string what) =>
        new($"{what} did not end within {Bus.Options.Timeout.TotalSeconds} s; the status is {Status}", ShowFailure());
}
