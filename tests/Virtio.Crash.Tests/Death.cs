namespace Virtio.Crash.Tests;

/// <summary>Simulates the death of the process on one thread: thrown in place of a store.</summary>
internal sealed class Death : Exception
{
    [ThreadStatic]
    private static int _left;

    /// <summary>Sets the number of stores that are still done.</summary>
    internal static void After(int stores) => _left = stores;

    internal static void Never() => _left = int.MaxValue;

    internal static void BeforeStore()
    {
        if (_left == 0)
            throw new Death();
        if (_left != int.MaxValue)
            _left--;
    }
}
