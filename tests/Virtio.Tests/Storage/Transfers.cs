using System.Diagnostics;
using Virtio.Storage;

namespace Virtio.Tests.Storage;

/// <summary>Reads and writes of whole arrays, and a measurement of what a call allocates.</summary>
internal static class Transfers
{
    public static async Task<byte[]> ReadBytes(
        this IBlockStorage storage, long offset, int count, CancellationToken cancellationToken = default)
    {
        byte[] bytes = new byte[count];
        Random.Shared.NextBytes(bytes);
        await storage.ReadAsync(offset, [bytes], cancellationToken);
        return bytes;
    }

    public static async Task WriteBytes(this IWritableBlockStorage storage, long offset, params ReadOnlyMemory<byte>[] buffers)
        => await storage.WriteAsync(offset, buffers);

    public static byte[] RandomBytes(int count, int seed = 1)
    {
        byte[] bytes = new byte[count];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    /// <summary>
    /// Bytes that 300 rounds of the calls allocate on this thread in steady state. Code that the runtime has not optimized yet boxes enums,
    /// and on a busy machine the optimization comes late: the rounds are repeated until they allocate nothing, for up to a minute.
    /// </summary>
    public static long AllocatedBy(params Func<ValueTask>[] calls)
    {
        long least = long.MaxValue;
        for (long start = Stopwatch.GetTimestamp(); least > 0 && Stopwatch.GetElapsedTime(start) < TimeSpan.FromMinutes(1);)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            Run(calls, 300);
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least;
    }

    public static bool IsComplete(ValueTask task) => task.IsCompletedSuccessfully;

    private static void Run(Func<ValueTask>[] calls, int rounds)
    {
        for (int i = 0; i < rounds; i++)
        {
            foreach (Func<ValueTask> call in calls)
            {
                ValueTask task = call();
                while (!task.IsCompleted)
                    Thread.Yield();
#pragma warning disable CA2012 // It has completed.
                task.GetAwaiter().GetResult();
#pragma warning restore CA2012
            }
        }
    }
}
