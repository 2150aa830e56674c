using System.Runtime.ExceptionServices;
using Virtio.Memory;
using Virtio.Queues;
using Virtio.Transports.Mmio;

namespace Virtio.Testing;

/// <summary>
/// Disposes a <see cref="TestBus"/> within a limit, even if a device hangs, and reports every failure that the test has not asked for.
/// </summary>
internal sealed class BusDisposal(
    MmioBus bus, GuestMemory memory, TestFlow flow, IReadOnlyList<FailureRecorder> recorders, TimeSpan stopLimit)
{
    // For a device's own disposal, which may flush a disk on a busy machine.
    private static readonly TimeSpan DisposalLimit = TimeSpan.FromSeconds(60);

    internal async Task RunAsync()
    {
        Exception? last = flow.End();
        ExceptionDispatchInfo? failure = await EndAsync().ConfigureAwait(false);
        List<string> problems = [];
        Exception? cause = failure?.SourceException;
        for (int i = 0; i < recorders.Count; i++)
        {
            if (recorders[i].TakeUnseen() is not { } unseen)
                continue;
            string device = bus.Devices[i].Device.GetType().Name;
            problems.Add($"device {i}, a {device}, failed, and the test did not ask for it: {unseen.Message}");
            cause ??= unseen.Exception;
        }

        // An exception of the disposal alone is thrown as it is.
        bool isLost = cause is QueueStopException or AggregateException or DeviceFailureException;
        if (problems.Count == 0 && !isLost && (last is null || cause is null))
            failure?.Throw();
        if (cause is null)
            return;
        if (failure is not null)
            problems.Insert(0, $"the devices could not be stopped and disposed: {cause.Message}");
        throw new DeviceFailureException(TestFlow.Describe(string.Join('\n', problems), ReferenceEquals(last, cause) ? null : last), cause);
    }

    /// <summary>Stops and disposes the devices, then frees the memory if no device can use it any more.</summary>
    private async Task<ExceptionDispatchInfo?> EndAsync()
    {
        // On the thread pool, because a device may never return. The test's own exceptions do not flow there.
        Task disposal = Task.Run(() => bus.DisposeAsync().AsTask());
        int queues = Math.Max(1, bus.Devices.Sum(placed => placed.Device.QueueSizes.Length));
        TimeSpan limit = stopLimit == Timeout.InfiniteTimeSpan ? stopLimit : (stopLimit * queues) + DisposalLimit;
        if (await Task.WhenAny(disposal, Task.Delay(limit)).ConfigureAwait(false) != disposal)
        {
            memory.Keep();
            return ExceptionDispatchInfo.Capture(new DeviceFailureException(
                $"a device has not returned from StopQueue, Reset or DisposeAsync for {limit.TotalSeconds} s; "
                + "the guest's memory stays mapped, because the device may still write to it"));
        }

        try
        {
            await disposal.ConfigureAwait(false);
            return null;
        }
        catch (Exception e)
        {
            return ExceptionDispatchInfo.Capture(e);
        }
        finally
        {
            memory.Dispose();
        }
    }
}
