// Who stands in front of a full room is told when a seat is free, and joins then.
import { expect, seesTheOther, test, twoInCall } from '../fixtures/test';

test('who waits for a seat is told of it, and joins with a press', async ({ person, room }) => {
  const [ann, ben] = await twoInCall(person, room);
  const cem = await person();
  await cem.home.open();
  await cem.home.join(room, 'Cem');
  await expect(cem.home.notice).toContainText('We tell you when one is free');
  await cem.home.expectShown();
  const join = cem.page.locator('#seat-button');
  await expect(join).toBeHidden();

  await ben.call.leave.click();
  await expect(cem.home.notice).toContainText('A seat is free');
  await join.click();
  await Promise.all([ann, cem].map(seesTheOther));
  await expect(ann.call.tiles.first()).toContainText('Cem');
});
