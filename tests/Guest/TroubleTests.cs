using Virtio.Devices.Block;
using Virtio.Queues;
using Virtio.Storage;
using Virtio.Testing.Guest;

namespace Virtio.Guest.Tests;

/// <summary>The messages of the fixture when a device, a storage or a test does something wrong.</summary>
public sealed class TroubleTests
{
    private const string ReadOneSector = "dd if=/dev/vda of=/dev/null bs=512 skip=8000 count=1 iflag=direct";

    [Fact]
    public async Task A_storage_that_throws_is_named_by_the_script_that_fails_for_it()
    {
        var storage = new TroubledStorage();
        await using LinuxGuest guest = await Guests.StartAsync(new LinuxGuestOptions { Devices = [new BlockDevice(storage)] });
        storage.Trouble = () => throw new InvalidTimeZoneException("the storage's own fault");

        var failure = await Assert.ThrowsAsync<GuestScriptException>(() => guest.RunAsync(ReadOneSector));

        Assert.IsType<InvalidTimeZoneException>(failure.InnerException);
        Assert.Contains(nameof(TroubledStorage), failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_storage_that_never_answers_ends_the_disposal_with_an_exception_that_names_the_request_and_shows_the_tests_own()
    {
        var storage = new TroubledStorage();
        var failure = await Assert.ThrowsAsync<GuestScriptException>(async () =>
        {
            var options = new LinuxGuestOptions { Devices = [new BlockDevice(storage)], StopLimit = TimeSpan.FromMilliseconds(100) };
            await using LinuxGuest guest = await Guests.StartAsync(options);
            var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            storage.Trouble = () =>
            {
                asked.TrySetResult();
                return new TaskCompletionSource().Task;
            };
            await guest.RunAsync($"{ReadOneSector} >/dev/null 2>&1 &");
            await asked.Task.WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);
            throw new FormatException("what the test itself found");
        });

        QueueStopException stop = Assert.IsType<QueueStopException>(failure.InnerException);
        Assert.Equal(0, stop.Queue);
        Assert.Single(stop.Chains);
        Assert.Contains(stop.Message, failure.Message, StringComparison.Ordinal);
        Assert.Contains("FormatException: what the test itself found", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Scripts_that_come_in_each_others_way_are_refused_with_a_reason()
    {
        LinuxGuest guest = await Guests.StartAsync(new LinuxGuestOptions());
        Task<GuestResult> first = guest.RunAsync("while :; do sleep 1; done", TimeSpan.FromSeconds(2));

        var second = await Assert.ThrowsAsync<InvalidOperationException>(() => guest.RunAsync("echo second"));
        Assert.Contains("one script at a time", second.Message, StringComparison.Ordinal);
        Assert.Throws<InvalidOperationException>(() => guest.Post("echo posted"));

        await Assert.ThrowsAsync<GuestScriptException>(() => first);
        var third = await Assert.ThrowsAsync<GuestScriptException>(() => guest.RunAsync("echo third"));
        Assert.Contains("takes no more scripts", third.Message, StringComparison.Ordinal);

        await guest.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => guest.RunAsync("echo fourth"));
    }

    /// <summary>A disk of zeros that can be told to fail.</summary>
    private sealed class TroubledStorage : IBlockStorage
    {
        private volatile Func<Task>? _trouble;

        public long Length => 8 << 20;

        internal Func<Task>? Trouble
        {
            set => _trouble = value;
        }

        public async ValueTask ReadAsync(long offset, IReadOnlyList<Memory<byte>> buffers, CancellationToken cancellationToken = default)
        {
            if (_trouble is { } trouble)
                await trouble();
            foreach (Memory<byte> buffer in buffers)
                buffer.Span.Clear();
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
